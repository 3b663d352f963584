# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof of completeness from the plain stream: no truncation, nothing appended, and no text that imitates the end."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._check import DumpCheck, TextCheck

HEAD = b"""-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: d
-- ------------------------------------------------------
-- Server version\t10.11.19-MariaDB

/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
"""
TABLE = b"""
--
-- Table structure for table `t`
--

CREATE TABLE `t` (`a` text);

--
-- Dumping data for table `t`
--

INSERT INTO `t` VALUES
('x\\n-- Dump completed\\n'),
('-- Dump completed');
"""
FOOTER = b"""/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*M!100616 SET NOTE_VERBOSITY=@OLD_NOTE_VERBOSITY */;

-- Dump completed
"""
ROUTINE = b"DELIMITER ;;\nCREATE PROCEDURE `p`()\nBEGIN\n" + FOOTER + b"END ;;\nDELIMITER ;\n"
SANDBOX = b"/*M!999999\\- enable the sandbox mode */ \n"
DUMPS = {
    "plain": HEAD + TABLE + FOOTER,
    "sandbox": SANDBOX + HEAD + TABLE + FOOTER,
    "mysql": HEAD.replace(b"MariaDB dump", b"MySQL dump") + TABLE + FOOTER,
    "routine": HEAD + TABLE + ROUTINE + FOOTER,
    "empty database": HEAD + FOOTER,
}
EACH = pytest.mark.parametrize("dump", DUMPS.values(), ids=DUMPS)


def checked(data: bytes, size: int = 1 << 20) -> DumpCheck:
    check = DumpCheck("d")
    view = memoryview(data)
    for start in range(0, len(data), size):
        check.feed(view[start : start + size])
    check.finish()
    return check


def refused(data: bytes, size: int = 1 << 20) -> None:
    with pytest.raises(EngineError) as caught:
        checked(data, size)
    assert caught.value.code == "engine.incomplete"


@EACH
@pytest.mark.parametrize("size", [1, 2, 3, 7, 97, 512, 1 << 20])
def test_whole_dump_passes_in_chunks_of_any_size(dump: bytes, size: int) -> None:
    check = checked(dump, size)
    assert check.tables == ({("d", "t")} if TABLE in dump else set())


@EACH
def test_truncated_at_any_byte_is_refused(dump: bytes) -> None:
    for cut in range(len(dump)):
        refused(dump[:cut])


@EACH
@pytest.mark.parametrize("more", [b"\n", b"x", b"\0", FOOTER, b"-- Dump completed\n"])
def test_anything_behind_the_end_is_refused(dump: bytes, more: bytes) -> None:
    refused(dump + more)
    refused(dump + more, 1)
    refused(dump + dump)


def test_routine_that_imitates_the_end_is_not_the_end() -> None:
    begin = HEAD + TABLE + ROUTINE[: ROUTINE.index(b"END ;;")]
    assert begin.endswith(FOOTER)
    refused(begin)
    refused(begin, 5)


@pytest.mark.parametrize("head", [b"", b"x", b"\n", b"# "])
def test_what_does_not_begin_as_a_dump_is_refused(head: bytes) -> None:
    refused(head + HEAD[3:] + FOOTER)


def test_end_of_another_form_is_refused() -> None:
    refused(HEAD + TABLE + b"-- Dump completed\n")
    refused(HEAD + TABLE + FOOTER.replace(b"-- Dump completed\n", b"-- Dump completed on 2026-11-20  7:16:00\n"))


def test_databases_and_odd_names_of_tables_are_told() -> None:
    both = b""
    for database in (b"satu", b"du``a"):
        both += b"\n--\n-- Current Database: `" + database + b"`\n--\n" + TABLE.replace(b"`t`", b"`a ``b``\xc3\xb1`")
    assert checked(HEAD + both + FOOTER, 11).tables == {("satu", "a `b`ñ"), ("du`a", "a `b`ñ")}


def test_snapshot_is_told_once_and_not_by_the_head() -> None:
    told: list[int] = []
    check = DumpCheck("d", lambda: told.append(1))
    check.feed(HEAD)
    assert told == []
    check.feed(TABLE)
    check.feed(ROUTINE + FOOTER)
    assert told == [1]


def test_memory_stays_bounded() -> None:
    check = DumpCheck("d")
    check.feed(HEAD + TABLE)
    line = b"('" + b"panjang " * 8000 + b"'),\n"
    for _unused in range(200):
        check.feed(line)
    held: t.Any = check.__dict__
    assert sum(len(part) for part in held["_recent"]) < (1 << 20) + 2 * len(line)
    check.feed(b"\n-- " + b"x" * 5000)
    assert len(held["_carry"]) < 5000


def test_text_of_ours_must_come_byte_for_byte() -> None:
    content = b"-- Accounts\nCREATE USER x;\n-- Accounts complete: 1\n"
    for size in (1, 5, len(content)):
        check = TextCheck(content)
        for start in range(0, len(content), size):
            check.feed(memoryview(content)[start : start + size])
        check.finish()
    for wrong in (content[:-1], content + b"\n", b"", content.replace(b"x", b"y")):
        check = TextCheck(content)
        with pytest.raises(EngineError):
            feed_and_finish(check, wrong)


def feed_and_finish(check: TextCheck, data: bytes) -> None:
    check.feed(data)
    check.finish()
