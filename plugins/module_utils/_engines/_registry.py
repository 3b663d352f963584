# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of engines: adding one is one file and one line here."""

from __future__ import annotations

import typing as t

from ._base import Engine
from ._command._engine import CommandEngine
from ._files import FilesEngine
from ._mariadb._engine import MariadbEngine, MysqlEngine
from ._postgresql._engine import PostgresEngine
from ._sqlite import SqliteEngine

_ALL: tuple[Engine, ...] = (
    SqliteEngine(),
    PostgresEngine(),
    MariadbEngine(),
    MysqlEngine(),
    FilesEngine(),
    CommandEngine(),
)
ENGINES: t.Mapping[str, Engine] = {engine.name: engine for engine in _ALL}
