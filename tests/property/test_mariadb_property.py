# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever values and routines hold, a cut dump is refused and a whole one passes; every password is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._check import DumpCheck
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._connection import quoted

HEAD = b"-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for x\n--\n-- Host: h    Database: d\n"
FOOTER = (
    b"/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;\n"
    b"/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;\n\n-- Dump completed\n"
)
WORDS = [b"-- Dump completed", FOOTER, b"\n-- ", b"\n", b"x" * 3000, b"-- Dumping data for table `t`", b"'", b"`"]
VALUES = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=20)), max_size=8).map(b"".join)


def statements(values: list[bytes], bodies: list[bytes]) -> bytes:
    """Rows as the dump writes them, a line feed as backslash and n; routines as they are, between their delimiters."""
    rows = b"".join(
        b"INSERT INTO `t` VALUES ('" + value.replace(b"\\", b"\\\\").replace(b"\n", b"\\n") + b"');\n"
        for value in values
    )
    lines = [body.replace(b"DELIMITER", b"delimit") for body in bodies]
    return rows + b"".join(b"DELIMITER ;;\nCREATE PROCEDURE p() " + line + b" ;;\nDELIMITER ;\n" for line in lines)


def feed(data: bytes, size: int) -> None:
    check = DumpCheck("d")
    for start in range(0, len(data), size):
        check.feed(data[start : start + size])
    check.finish()


@given(st.lists(VALUES, max_size=4), st.lists(VALUES, max_size=3), st.integers(1, 5000), st.data())
def test_only_the_whole_dump_passes(values: list[bytes], bodies: list[bytes], size: int, data: st.DataObject) -> None:
    dump = HEAD + b"\n--\n-- Dumping data for table `t`\n--\n\n" + statements(values, bodies) + FOOTER
    feed(dump, size)
    cut = data.draw(st.integers(0, len(dump) - 1))
    with pytest.raises(EngineError):
        feed(dump[:cut], size)
    with pytest.raises(EngineError):
        feed(dump + data.draw(st.binary(min_size=1, max_size=40)), size)


@given(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_quoted_value_is_read_back_by_the_rules_of_option_files(secret: str) -> None:
    """Quotes at both ends are taken off; then a backslash makes the next mark itself."""
    line = quoted(secret)
    assert line[0] == line[-1] == '"'
    inner, found, position = line[1:-1], "", 0
    while position < len(inner):
        if inner[position] == "\\":
            position += 1
        else:
            assert inner[position] not in "\"'"
        found += inner[position]
        position += 1
    assert found == secret
