# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MySQL in the contract suite: the like of MariaDB, where MySQL is installed."""

from __future__ import annotations

import typing as t

from tests.support import mysql_special
from tests.support.mariadb import Server, shared
from tests.support.mysql import running_mysql

from ._mariadb import MariadbCase


class MysqlCase(MariadbCase):
    name = "mysql"
    versions: t.Mapping[str, str] = {"Debian sid": "9"}
    marks = ("mysql",)
    special: t.Any = mysql_special

    def server(self) -> Server:
        return shared("mysql source", running_mysql)

    def target(self) -> Server:
        return shared("mysql target", running_mysql)

    def also(self, server: Server, name: str) -> None:
        pass
