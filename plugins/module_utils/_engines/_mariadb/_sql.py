# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions that are put to the server. The first field of an answer says what it is."""

from __future__ import annotations

import typing as t

from ._flavour import Flavour
from ._talk import name, text

SERVER = """
SELECT 'server', VERSION(), CURRENT_USER(), @@version_comment;
SELECT 'database', SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME
FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME;
SELECT 'engine', ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES';
"""
# Engines whose rows lie elsewhere: the dump holds their tables without rows.
ELSEWHERE = frozenset({"MRG_MYISAM", "MRG_ISAM", "CONNECT", "OQGRAPH", "SPIDER", "VP", "FEDERATED", "BLACKHOLE", "S3"})
TABLE_TYPES: t.Mapping[str, str] = {
    "BASE TABLE": "table",
    "SYSTEM VERSIONED": "table",
    "VIEW": "view",
    "SEQUENCE": "sequence",
}
_VIEWS_AT_ONCE = 50


# A file is called database/table, or database/table#p#partition.
_DATABASE = "SUBSTRING_INDEX({name}, '/', 1)"
_TABLE = "SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING_INDEX({name}, '/', -1), '#P#', 1), '#p#', 1)"
# In MariaDB every special character of a name stands there as a number.
_DECODED = "CONVERT(CONVERT(CAST({part} AS BINARY) USING filename) USING utf8mb4)"


def grants(flavour: Flavour) -> str:
    """What this account may do. A server that knows no PUBLIC answers that with an error, and nothing else."""
    if flavour.name == "mariadb":
        return "SHOW GRANTS;\nSHOW GRANTS FOR PUBLIC;\n"
    return (
        "SET @roles = CURRENT_ROLE();\n"
        "SET @words = IF(@roles = 'NONE', 'SHOW GRANTS', CONCAT('SHOW GRANTS FOR CURRENT_USER() USING ', @roles));\n"
        "PREPARE words FROM @words;\nEXECUTE words;\n"
    )


def tables(database: str) -> str:
    """All tables, views and sequences: name, type, engine, collation, bytes, bytes beside the rows, comment."""
    return (
        "SELECT 'table', TABLE_NAME, TABLE_TYPE, IFNULL(ENGINE, ''), IFNULL(TABLE_COLLATION, ''),"
        " IFNULL(DATA_LENGTH, 0), IFNULL(INDEX_LENGTH + DATA_FREE, 0), IFNULL(TABLE_COMMENT, '')"
        f" FROM information_schema.TABLES WHERE TABLE_SCHEMA = {text(database)} AND TABLE_TYPE <> 'TEMPORARY'"
        " ORDER BY TABLE_NAME;\n"
    )


def programs(database: str) -> str:
    """Routines, triggers, events and indexes of a database."""
    here = text(database)
    return f"""
SELECT 'object', LOWER(REPLACE(ROUTINE_TYPE, ' ', '_')), ROUTINE_NAME FROM information_schema.ROUTINES
WHERE ROUTINE_SCHEMA = {here};
SELECT 'object', 'trigger', TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = {here};
SELECT 'object', 'event', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {here};
SELECT DISTINCT 'object', 'index', CONCAT(TABLE_NAME, '.', INDEX_NAME) FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = {here};
"""


def columns(database: str) -> str:
    """The columns whose values the dump carries, in their order: table, column, type."""
    return (
        "SELECT 'column', TABLE_NAME, COLUMN_NAME, LOWER(DATA_TYPE) FROM information_schema.COLUMNS"
        f" WHERE TABLE_SCHEMA = {text(database)} AND IFNULL(GENERATION_EXPRESSION, '') = ''"
        " ORDER BY TABLE_NAME, ORDINAL_POSITION;\n"
    )


def floats(database: str) -> str:
    """The columns of type FLOAT, of which a dump program writes six digits."""
    return (
        "SELECT 'float', CONCAT(c.TABLE_NAME, '.', c.COLUMN_NAME) FROM information_schema.COLUMNS AS c"
        " JOIN information_schema.TABLES AS t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME"
        f" WHERE c.TABLE_SCHEMA = {text(database)} AND c.DATA_TYPE = 'float' AND t.TABLE_TYPE <> 'VIEW'"
        " AND IFNULL(c.GENERATION_EXPRESSION, '') = '' ORDER BY 2;\n"
    )


def table_numbers(flavour: Flavour) -> str:
    """The number that InnoDB has for each table and partition, by which a rename or a new one is seen."""
    if flavour.name == "mariadb":
        source = "INNODB_SYS_TABLES AS f"
    else:
        source = "INNODB_TABLES AS t JOIN information_schema.INNODB_TABLESPACES AS f ON f.SPACE = t.SPACE"
    database, table = _names(flavour)
    return f"SELECT 'number', {database}, {table}, f.NAME, TABLE_ID, N_COLS FROM information_schema.{source};\n"


def file_sizes(flavour: Flavour) -> str:
    """The size of each database's files, which is known also when its statistics are old: bytes and files."""
    source = "INNODB_SYS_TABLESPACES" if flavour.name == "mariadb" else "INNODB_TABLESPACES"
    database, _table = _names(flavour)
    return (
        f"SELECT 'files', {database}, SUM(FILE_SIZE), COUNT(*) FROM information_schema.{source} AS f"
        " WHERE f.NAME LIKE '%/%' GROUP BY 2;\n"
    )


def _names(flavour: Flavour) -> tuple[str, ...]:
    """Database and table of a file ``f``."""
    parts = [part.format(name="f.NAME") for part in (_DATABASE, _TABLE)]
    if flavour.name == "mariadb":
        return tuple(_DECODED.format(part=part) for part in parts)
    return tuple(parts)


def check_views(database: str, names: t.Sequence[str]) -> t.Iterator[str]:
    """Let the server compile views; it answers four fields: view, word, level, message."""
    for start in range(0, len(names), _VIEWS_AT_ONCE):
        some = ", ".join(name(database, one) for one in names[start : start + _VIEWS_AT_ONCE])
        yield f"CHECK TABLE {some};\n"


def in_savepoint(statement: str) -> str:
    """A statement whose locks on the table's definition are given back at once, so that nobody waits for them."""
    return f"SAVEPOINT nb;\n{statement};\nROLLBACK TO SAVEPOINT nb;\n"
