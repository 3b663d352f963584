# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole content of a database of MariaDB or MySQL as a value, read by the stock client."""

from __future__ import annotations

import re
import typing as t

from .mariadb import Server, quoted, text_literal

Content = t.Mapping[str, t.Any]
_MARK = "----nusantara----"
_COLUMNS = re.compile(r"\(([^)]*)\)")
# Accounts that the servers bring along.
_OWN = {"root", "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema"}
_TABLES = ("BASE TABLE", "SYSTEM VERSIONED")
# Where the plain text would round or depend on the character set.
_TEXTS = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "binary", "varbinary"} | {
    "tinyblob",
    "blob",
    "mediumblob",
    "longblob",
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "geomcollection",
    "vector",
    "bit",
}


def content(server: Server, database: str) -> Content:
    """Schema and rows by name, equal for equal content whatever the database is called."""
    asked = {**_schema(server, database), **_rows(server, database)}
    name = "SHOW CREATE DATABASE " + quoted(database)
    answers = _answers(server, database, {("database", ""): name, **asked})
    found = {key: _normal(key[0], text, database) for key, text in answers.items()}
    return {" ".join(key): value for key, value in found.items()}


def accounts(server: Server) -> Content:
    """Every account that is not the server's own, as the statements that make it, in order."""
    role = "is_role" if server.engine == "mariadb" else "'N'"
    listed = server.sql("", f"SELECT HEX(user), HEX(host), {role} FROM mysql.user ORDER BY 1, 2")
    asked: dict[tuple[str, str], str] = {}
    for line in listed.splitlines():
        user, host, is_role = line.split("\t")
        who = text_literal(_unhex(user)) + ("" if is_role == "Y" else "@" + text_literal(_unhex(host)))
        if _unhex(user) not in _OWN:
            asked["grants of", who] = f"SHOW GRANTS FOR {who}"
            asked["account", who] = f"SHOW CREATE USER {who}" if is_role != "Y" else "SELECT 'role'"
    answers = _answers(server, "", asked)
    whose = {who for _kind, who in asked}
    return {who: [answers["account", who], *_grants(answers["grants of", who])] for who in whose}


def _grants(answer: str) -> list[str]:
    return sorted(_COLUMNS.sub(_in_order, grant) for grant in answer.splitlines())


def _in_order(columns: re.Match[str]) -> str:
    """The columns of a grant, which the server names in any order."""
    return "(" + ", ".join(sorted(columns[1].split(", "))) + ")"


def _schema(server: Server, database: str) -> dict[tuple[str, str], str]:
    """What makes each object, as questions."""
    listed = """
      SELECT table_type, HEX(table_name) FROM information_schema.tables WHERE table_schema = DATABASE();
      SELECT 'TRIGGER', HEX(trigger_name) FROM information_schema.triggers WHERE trigger_schema = DATABASE();
      SELECT routine_type, HEX(routine_name) FROM information_schema.routines WHERE routine_schema = DATABASE();
      SELECT 'EVENT', HEX(event_name) FROM information_schema.events WHERE event_schema = DATABASE()
    """
    asked: dict[tuple[str, str], str] = {}
    for line in server.sql(database, listed).splitlines():
        what, name = line.split("\t")
        word = {"BASE TABLE": "TABLE", "SYSTEM VERSIONED": "TABLE"}.get(what, what)
        asked[what.lower(), _unhex(name)] = f"SHOW CREATE {word} {quoted(_unhex(name))}"
        if what == "SEQUENCE":
            asked["state of", _unhex(name)] = f"SELECT * FROM {quoted(_unhex(name))}"
        if what in _TABLES:
            asked["status of", _unhex(name)] = (
                "SELECT engine, row_format, table_collation, create_options, table_comment"
                f" FROM information_schema.tables WHERE table_schema = DATABASE() AND HEX(table_name) = '{name}'"
            )
    order = (
        "SELECT event_object_table, event_manipulation, action_timing, action_order, trigger_name"
        " FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1, 2, 3, 4"
    )
    return {**asked, ("order of", "triggers"): order}


def _rows(server: Server, database: str) -> dict[tuple[str, str], str]:
    """Every row of every table, as questions for hexadecimal text."""
    columns: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    question = (
        "SELECT HEX(c.table_name), t.table_type, c.data_type, HEX(c.column_name) FROM information_schema.columns c"
        " JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name"
        " WHERE c.table_schema = DATABASE() AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
        " ORDER BY c.table_name, c.ordinal_position"
    )
    for line in server.sql(database, question).splitlines():
        table, kind, data_type, column = line.split("\t")
        kinds[table] = kind
        columns.setdefault(table, []).append(_as_hex(data_type.lower(), quoted(_unhex(column))))
    asked: dict[tuple[str, str], str] = {}
    for table, parts in columns.items():
        name = quoted(_unhex(table))
        asked["rows of", _unhex(table)] = f"SELECT {', '.join(parts)} FROM {name}"
        if kinds[table] == "SYSTEM VERSIONED":
            asked["history of", _unhex(table)] = (
                f"SELECT {', '.join(parts)}, {_period(server, _unhex(table), database)} FROM {name} FOR SYSTEM_TIME ALL"
            )
    return asked


def _period(server: Server, table: str, database: str) -> str:
    """The two columns of a row's time, which may have names of their own."""
    made = server.sql(database, f"SHOW CREATE TABLE {quoted(table)}")
    if "PERIOD FOR SYSTEM_TIME" not in made:
        return "row_start, row_end"
    return made.split("PERIOD FOR SYSTEM_TIME (", 1)[1].split(")", 1)[0]


def _as_hex(data_type: str, name: str) -> str:
    if data_type in _TEXTS:
        return f"HEX({name})"
    if data_type == "float":
        return f"CAST({name} AS DOUBLE)"
    if data_type in {"enum", "set"}:
        return f"HEX({name}), {name} + 0"
    return f"HEX(CAST({name} AS CHAR CHARACTER SET utf8mb4))"


def _answers(server: Server, database: str, asked: t.Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """The answers to many questions by one client; each is followed by a mark."""
    script = "SET time_zone = '+00:00'; SET sql_quote_show_create = 1;\n"
    script += "".join(f"{question};\nSELECT '{_MARK}';\n" for question in asked.values())
    *answers, last = ("\n" + server.sql(database, script) + "\n").split(f"\n{_MARK}")
    assert last.strip() == ""
    assert len(answers) == len(asked)
    return dict(zip(asked, answers))


def _normal(kind: str, text: str, database: str) -> t.Any:
    """Without the database's own name and the moment when a trigger or a routine was made; rows in order."""
    if kind in {"rows of", "history of"}:
        return sorted(text.splitlines())
    if kind == "trigger":
        # ..., character set, collation, collation of the database, moment
        text = "\t".join(field for number, field in enumerate(text.split("\t")) if number != 6)
    # MySQL says the character set of a column when it was written so once.
    text = re.sub(r"CHARACTER SET (\w+) COLLATE (?=\1)", "COLLATE ", text)
    return text.replace(quoted(database), "`?`").replace(database + "\t", "?\t").strip("\n")


def _unhex(name: str) -> str:
    return bytes.fromhex(name).decode()
