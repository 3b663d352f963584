# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal that was torn, altered, shortened or cannot be written."""

from __future__ import annotations

import itertools
import json
import pathlib
import re
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._record import _journal

from .gate import Gate
from .lab import Lab


def journal(lab: Lab) -> pathlib.Path:
    return lab.state / "journal.jsonl"


def test_a_torn_line_is_set_aside_and_said(lab: Lab) -> None:
    lab.sqlite()
    lab.good(night=1)
    torn = b'{"at":"2026-11-02T17:00:00Z","data":{"jo'
    with open(journal(lab), "ab") as stream:
        stream.write(torn)
    found = lab.facts()["journal"]
    assert not found["intact"] and "torn" in found["problem"]
    gate = Gate(lab)
    gate.healed(night=2)
    assert (lab.state / "journal.jsonl.torn").read_bytes() == torn + b"\n"
    assert '"event":"journal.repaired"' in journal(lab).read_text(encoding="utf-8")


def test_a_disk_without_room_for_the_next_line(lab: Lab) -> None:
    """Half a line that did not fit is taken back: the chain stays whole, and the run ends in words."""
    lab.sqlite()
    lab.good(night=1)
    for number in itertools.count(1):
        gate = Gate(lab)
        fault = {"when": {"append": number, "part": "half"}, "do": ["full"]}
        done = lab.run("--again", night=number + 1, fault=fault)
        if not done.fired:
            break
        gate.clean(done)
        assert done.status == 1
        assert "No space left" in done.said and str(journal(lab)) in done.said and "Free space" in done.said
        assert lab.facts()["journal"]["intact"]
        gate.healed(night=number + 1)
    assert number == 7


def change_a_word(lines: list[bytes]) -> None:
    lines[2] = lines[2].replace(b'"outcome":"success"', b'"outcome":"failed"')


def change_and_rehash(lines: list[bytes]) -> None:
    """Somebody who knows the format: the line is right in itself, the chain is not."""
    body = json.loads(lines[2])
    body["data"]["outcome"] = "failed"
    body["hash"] = _journal._hash(body)
    lines[2] = _journal._canonical(body) + b"\n"


def remove_a_line(lines: list[bytes]) -> None:
    del lines[1]


def swap_two_lines(lines: list[bytes]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


def break_the_last(lines: list[bytes]) -> None:
    lines[-1] = b"what is this\n"


def break_one(lines: list[bytes]) -> None:
    lines[1] = b"\xff\xfe{}\n"


@pytest.mark.parametrize(
    "alter", [change_a_word, change_and_rehash, remove_a_line, swap_two_lines, break_the_last, break_one]
)
def test_an_altered_journal_is_refused_and_kept(lab: Lab, alter: t.Callable[[list[bytes]], None]) -> None:
    lab.sqlite()
    lab.good(night=1)
    lines = journal(lab).read_bytes().splitlines(keepends=True)
    alter(lines)
    journal(lab).write_bytes(b"".join(lines))
    gate = Gate(lab)
    done = lab.run(night=2)
    assert done.status == 1, done.said
    gate.clean(done)
    assert "journal" in done.said and "move it aside" in done.said
    assert journal(lab).read_bytes() == b"".join(lines), "the evidence was touched"
    found = lab.facts()["journal"]
    assert not found["intact"] and re.search(r"line \d", found["problem"])
    journal(lab).rename(lab.root / "evidence")
    gate.healed(night=2)


def test_a_journal_that_cannot_be_opened_stops_the_run_before_anything(lab: Lab) -> None:
    lab.sqlite()
    lab.good(night=1)
    kept = journal(lab).rename(lab.root / "journal.jsonl")
    journal(lab).symlink_to(kept)
    gate = Gate(lab)
    done = lab.run(night=2)
    assert done.status == 1
    gate.clean(done)
    assert str(journal(lab)) in done.said
    journal(lab).unlink()
    kept.rename(journal(lab))
    gate.healed(night=2)
