# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines that the contract suite runs: one file and one line here for each."""

from __future__ import annotations

import typing as t

from ._case import EngineCase
from ._command import CommandCase
from ._files import FilesCase
from ._mariadb import MariadbCase
from ._mysql import MysqlCase
from ._postgresql import PostgresCase
from ._sqlite import SqliteCase

CASES: t.Sequence[EngineCase] = (
    SqliteCase(),
    PostgresCase(),
    MariadbCase(),
    MysqlCase(),
    FilesCase(),
    CommandCase(),
)
