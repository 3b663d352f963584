# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the fault suite."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from tests.support.postgres import Cluster, running_cluster

from .lab import CLEAR, Keys, Lab, make_keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def lab(tmp_path: pathlib.Path, keys: Keys) -> Lab:
    """A site without sources."""
    return Lab(tmp_path, keys)


@pytest.fixture(scope="session")
def cluster() -> t.Iterator[Cluster]:
    """A running PostgreSQL server; a test that breaks it starts one of its own."""
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def database(cluster: Cluster) -> str:
    """A database of about 3 MB that does not compress."""
    cluster.create("simpeg")
    cluster.sql(
        "simpeg",
        "CREATE TABLE pegawai (nip int PRIMARY KEY, nama text, isi text);"
        f"INSERT INTO pegawai SELECT n, '{CLEAR} ' || n, "
        "(SELECT string_agg(md5(n::text || k::text), '') FROM generate_series(1, 10) AS k) "
        "FROM generate_series(1, 10000) AS n;",
    )
    return "simpeg"
