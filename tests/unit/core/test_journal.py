# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host journal: its chain, what a cut leaves, a full disk, and several writers at once."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from tests.support.mounts import mounted
from tests.support.site import wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import JournalError
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import FIRST, Entry, Journal
from checkout import collections_path

COLLECTIONS = str(collections_path())


@pytest.fixture
def journal(tmp_path: pathlib.Path) -> Journal:
    return Journal(str(tmp_path / "state" / "journal.jsonl"), Clock())


def filled(journal: Journal, count: int = 4) -> pathlib.Path:
    for number in range(count):
        journal.append("event", {"number": number})
    return pathlib.Path(journal.path)


def test_an_absent_journal_is_empty_and_is_not_made_by_reading(journal: Journal) -> None:
    reading = journal.read()
    assert (reading.entries, reading.head, reading.problem) == ((), FIRST, "")
    assert not os.path.exists(os.path.dirname(journal.path))


def test_entries_form_a_chain_that_stock_tools_can_follow(journal: Journal) -> None:
    path = filled(journal)
    head = FIRST
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), start=1):
        body = json.loads(line)
        told = body.pop("hash")
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        assert (body["seq"], body["prev"]) == (number, head)
        head = hashlib.sha256(text.encode()).hexdigest()
        assert told == head
    reading = journal.read()
    assert (reading.problem, reading.head) == ("", head)
    assert [entry.data["number"] for entry in reading.entries] == [0, 1, 2, 3]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_p12_7_each_entry_is_on_the_disk_before_the_next_step(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut must not take back what was recorded; the name of a new journal neither."""
    flushed: list[tuple[str, int]] = []
    real = os.fsync

    def sync(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        flushed.append((path, os.fstat(descriptor).st_size if path == journal.path else 0))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    sizes = []
    for number in range(3):
        journal.append("event", {"number": number})
        sizes.append((journal.path, os.stat(journal.path).st_size))
    assert [entry for entry in flushed if entry[0] == journal.path] == sizes
    first = flushed.index(sizes[0])
    assert flushed[first + 1] == (os.path.dirname(journal.path), 0)


def _altered(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"number":1', b'"number":7'), *lines[2:]]


def _without_a_hash(lines: list[bytes]) -> list[bytes]:
    told = json.loads(lines[1])["hash"].encode()
    return [lines[0], lines[1].replace(told, rb"\ud800"), *lines[2:]]


DAMAGES: list[tuple[str, t.Callable[[list[bytes]], list[bytes]], int, str]] = [
    ("altered", _altered, 1, "line 2 was altered"),
    ("removed", lambda lines: [lines[0], *lines[2:]], 1, "line 2 does not follow"),
    ("first removed", lambda lines: lines[1:], 0, "line 1 does not follow"),
    ("inserted", lambda lines: [*lines[:2], lines[1], *lines[2:]], 2, "line 3 does not follow"),
    ("swapped", lambda lines: [lines[0], lines[2], lines[1], lines[3]], 1, "line 2 does not follow"),
    ("garbage", lambda lines: [lines[0], b"\xff\n", *lines[1:]], 1, "line 2 is not an entry"),
    ("empty", lambda lines: [lines[0], b"\n", *lines[1:]], 1, "line 2 is not an entry"),
    ("not a mapping", lambda lines: [lines[0], b"[]\n", *lines[1:]], 1, "line 2 is not an entry"),
    ("deep", lambda lines: [lines[0], b"[" * 100000 + b"\n", *lines[1:]], 1, "line 2 is not an entry"),
    ("spaced", lambda lines: [lines[0], json.dumps(json.loads(lines[1])).encode() + b"\n", *lines[2:]], 4, ""),
    ("no text for a hash", _without_a_hash, 1, "line 2 was altered"),
    ("torn", lambda lines: [*lines[:3], lines[3][:20]], 3, "line 4 is torn"),
    ("without its newline", lambda lines: [*lines[:3], lines[3].rstrip()], 4, ""),
]


@pytest.mark.parametrize(("damage", "believed", "problem"), [row[1:] for row in DAMAGES], ids=[r[0] for r in DAMAGES])
def test_a_damaged_line_is_found_and_nothing_after_it_is_believed(
    journal: Journal, damage: t.Callable[[list[bytes]], list[bytes]], believed: int, problem: str
) -> None:
    path = filled(journal)
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    reading = journal.read()
    assert len(reading.entries) == believed
    assert reading.problem.startswith(problem) and bool(reading.problem) == bool(problem)


@pytest.mark.parametrize("size", [1, 40, 3 << 20], ids=["one byte", "half a line", "more than a tail"])
@pytest.mark.parametrize("before", [0, 3])
def test_torn_bytes_are_set_aside_and_journalled(journal: Journal, before: int, size: int) -> None:
    path = filled(journal, before)
    path.parent.mkdir(exist_ok=True)
    torn = b"x" * size
    with open(path, "ab") as stream:
        stream.write(torn)
    journal.append("after", {})
    reading = journal.read()
    assert reading.problem == ""
    assert [entry.event for entry in reading.entries[before:]] == ["journal.repaired", "after"]
    note = reading.entries[before].data
    assert (note["bytes"], note["sha256"]) == (size, hashlib.sha256(torn).hexdigest())
    kept = pathlib.Path(note["kept_in"])
    assert kept.read_bytes() == torn + b"\n"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_very_long_entry_does_not_lock_the_journal(journal: Journal) -> None:
    journal.append("long", {"findings": ["x" * 1000] * 3000})
    assert journal.append("next", {}).seq == 2
    assert journal.read().problem == ""


def test_an_altered_last_line_is_refused_and_kept_as_evidence(journal: Journal) -> None:
    path = filled(journal)
    path.write_bytes(path.read_bytes() + b"{}\n")
    before = path.read_bytes()
    with pytest.raises(JournalError) as caught:
        journal.append("next", {})
    assert caught.value.code == "journal.broken"
    assert path.read_bytes() == before


def test_pitfall_a_full_disk_leaves_the_journal_as_it_was(tmp_path: pathlib.Path) -> None:
    with mounted(tmp_path / "small", "size=64k") as small:
        journal = Journal(str(small / "journal.jsonl"), Clock())
        path = filled(journal)
        before = path.read_bytes()
        with pytest.raises(JournalError) as caught:
            journal.append("large", {"text": "x" * 100_000})
        assert caught.value.code == "journal.unwritable"
        assert "No space left" in str(caught.value)
        assert path.read_bytes() == before
        assert journal.append("small", {}).seq == 5
        assert journal.read().problem == ""


def test_a_journal_that_is_a_link_or_a_directory_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "directory").mkdir()
    for name in ("link", "directory"):
        with pytest.raises(JournalError):
            Journal(str(tmp_path / name), Clock()).append("event", {})
    with pytest.raises(JournalError):
        Journal(str(tmp_path / "directory"), Clock()).read()
    assert not (tmp_path / "target").exists()


def test_an_altered_journal_is_not_believed_and_a_torn_one_is(journal: Journal) -> None:
    path = filled(journal)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    taken: list[Entry] = []
    assert journal.believe(taken.append).count == len(taken) == 3
    path.write_bytes(whole.replace(b'"number":1', b'"number":7'))
    with pytest.raises(JournalError) as caught:
        journal.believe(taken.append)
    assert caught.value.code == "journal.broken"
    path.write_bytes(whole)
    assert journal.believe(taken.append).count == 4


WRITER = """
import sys
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Entry, Journal
journal = Journal(sys.argv[1], Clock())
sys.stdin.read()
for number in range(25):
    journal.append("event", {"writer": sys.argv[2], "number": number, "filler": "x" * 9000})
"""


def test_several_processes_keep_one_chain(journal: Journal) -> None:
    environment = {**os.environ, "PYTHONPATH": COLLECTIONS}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, journal.path, str(n)], stdin=subprocess.PIPE, env=environment)
        for n in range(4)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()
    while any(writer.poll() is None for writer in writers):
        assert journal.read().problem == "", "a reader saw a half-written line"
    assert [writer.returncode for writer in writers] == [0] * 4
    reading = journal.read()
    assert (reading.problem, len(reading.entries)) == ("", 100)
    for number in range(4):
        mine = [entry.data["number"] for entry in reading.entries if entry.data["writer"] == str(number)]
        assert mine == list(range(25))


def test_a_reader_waits_for_the_line_that_is_being_written(journal: Journal) -> None:
    path = filled(journal, 2)
    whole = path.read_bytes()
    with open(path, "rb+") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        writer.truncate(len(whole) - 20)
        reader = subprocess.Popen(
            [sys.executable, "-c", READER, journal.path],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": COLLECTIONS},
        )
        inode = path.stat().st_ino
        wait_until(lambda: any("->" in line and f":{inode} " in line for line in _locks()) or reader.poll() is not None)
        path.write_bytes(whole)
    told = reader.communicate()[0].strip()
    assert told == "2 ''"


READER = """
import sys
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Entry, Journal
reading = Journal(sys.argv[1], Clock()).read()
print(len(reading.entries), repr(reading.problem))
"""


def _locks() -> list[str]:
    return pathlib.Path("/proc/locks").read_text(encoding="ascii").splitlines()
