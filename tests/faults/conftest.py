# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the fault suite."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from tests.support.postgres import Cluster, running_cluster

from .lab import Keys, Lab, make_keys


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
