# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server for all tests that only read or make databases of their own."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from tests.support.postgres import Cluster, running_cluster

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> t.Iterator[Cluster]:
    with running_cluster() as made:
        yield made


@pytest.fixture
def database(cluster: Cluster) -> t.Iterator[str]:
    """An empty database of the test's own."""
    name = f"uji_{next(_NUMBERS)}"
    cluster.create(name)
    yield name
    cluster.drop(name)
