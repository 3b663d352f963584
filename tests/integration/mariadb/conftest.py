# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server of each family for all tests that only read or make databases of their own."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from tests.support.mariadb import Server, running_server
from tests.support.mysql import running_mysql

_NUMBERS = itertools.count(1)
_KINDS = {"mariadb": running_server, "mysql": running_mysql}
FAMILIES = [
    pytest.param("mariadb", marks=pytest.mark.debian13),
    pytest.param("mysql", marks=pytest.mark.mysql),
]


@pytest.fixture(scope="session", params=FAMILIES)
def server(request: pytest.FixtureRequest) -> t.Iterator[Server]:
    with _KINDS[request.param](tcp=True) as made:
        yield made


@pytest.fixture
def fragile(server: Server) -> t.Iterator[Server]:
    """A server of the same family that a test may kill."""
    with _KINDS[server.engine]() as made:
        yield made


@pytest.fixture
def database(server: Server) -> t.Iterator[str]:
    """An empty database of the test's own."""
    name = f"uji_{next(_NUMBERS)}"
    server.create(name)
    yield name
    server.drop(name)
