# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single lines of a journal: what is an entry, what follows another, and what an append touches."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pathlib
import threading
import typing as t

import pytest
from tests.support.site import wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import JournalError
from ansible_collections.nusantara.backup.plugins.module_utils._record import _journal
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import (
    FIRST,
    Entry,
    Journal,
    UnfitEntryError,
)

Body = dict[str, t.Any]


@pytest.fixture
def journal(tmp_path: pathlib.Path) -> Journal:
    return Journal(str(tmp_path / "state" / "journal.jsonl"), Clock())


def line(**changes: t.Any) -> bytes:
    """A line as any tool could write it, its hash true; a change to None takes the key away."""
    body: Body = {"seq": 1, "at": "2026-11-20T17:00:00Z", "event": "event", "data": {}, "prev": FIRST, **changes}
    text = json.dumps({key: body[key] for key in sorted(body) if body[key] is not None}, separators=(",", ":"))
    body["hash"] = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({key: body[key] for key in body if body[key] is not None}).encode() + b"\n"


def written(journal: Journal, *lines: bytes) -> pathlib.Path:
    path = pathlib.Path(journal.path)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(lines))
    return path


def hash_of(raw: bytes) -> str:
    return str(json.loads(raw)["hash"])


def test_what_append_returns_is_what_is_read(journal: Journal) -> None:
    made = [journal.append("run.started", {"nama": "Pegawai é"}), journal.append("run.ended", {})]
    reading = journal.read()
    assert list(reading.entries) == made
    assert (made[0].seq, made[0].event, made[0].data, made[0].prev) == (1, "run.started", {"nama": "Pegawai é"}, FIRST)
    assert (made[1].seq, made[1].prev, reading.head, reading.count) == (2, made[0].hash, made[1].hash, 2)


def test_a_line_is_plain_ascii_with_sorted_keys(journal: Journal) -> None:
    journal.append("run.started", {"z": 1, "nama": "Pegawai é"})
    raw = pathlib.Path(journal.path).read_bytes()
    body = json.loads(raw)
    assert raw == json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
    assert b'"data":{"nama":"Pegawai \\u00e9","z":1}' in raw


def test_a_line_of_another_tool_is_an_entry_when_its_hash_is_true(journal: Journal) -> None:
    one = line(data={"x": 1})
    written(journal, one, line(seq=2, prev=hash_of(one)))
    reading = journal.read()
    assert (reading.problem, reading.count) == ("", 2)
    assert journal.append("next", {}).seq == 3


@pytest.mark.parametrize(
    "change",
    [
        {"seq": "1"},
        {"seq": None},
        {"at": 7},
        {"at": None},
        {"event": 7},
        {"event": None},
        {"data": []},
        {"data": None},
        {"prev": None},
    ],
    ids=str,
)
def test_a_line_of_another_shape_is_no_entry(journal: Journal, change: Body) -> None:
    path = written(journal, line(**change))
    reading = journal.read()
    assert (reading.problem, reading.count, reading.head, reading.torn) == ("line 1 is not an entry", 0, FIRST, False)
    before = path.read_bytes()
    with pytest.raises(JournalError) as caught:
        journal.append("next", {})
    assert caught.value.code == "journal.broken"
    assert caught.value.what == "The last line of the journal is not an entry"
    assert path.read_bytes() == before


@pytest.mark.parametrize("change", [{"seq": 3}, {"prev": "f" * 64}, {"prev": FIRST}], ids=str)
def test_p12_7_a_line_with_a_true_hash_must_still_follow_the_one_before(journal: Journal, change: Body) -> None:
    one = line()
    written(journal, one, line(**{"seq": 2, "prev": hash_of(one), **change}))
    reading = journal.read()
    assert reading.problem == "line 2 does not follow the one before: a line was removed or inserted"
    assert (reading.count, reading.head) == (1, hash_of(one))


def test_p12_7_who_alters_a_line_and_its_hash_breaks_the_next(journal: Journal) -> None:
    one, forged = line(data={"bytes": 1}), line(data={"bytes": 2})
    written(journal, forged, line(seq=2, prev=hash_of(one)))
    assert journal.read().problem.startswith("line 2 does not follow")


def test_a_torn_end_is_told_with_all_that_stands_before_it(journal: Journal) -> None:
    one = line()
    written(journal, one, line(seq=2, prev=hash_of(one))[:-10])
    reading = journal.read()
    assert reading.problem == "line 2 is torn: the last write was interrupted"
    assert (reading.torn, reading.count, reading.head) == (True, 1, hash_of(one))
    assert [entry.seq for entry in reading.entries] == [1]


def test_what_json_cannot_say_is_not_written(journal: Journal) -> None:
    journal.append("event", {})
    before = pathlib.Path(journal.path).read_bytes()
    with pytest.raises(ValueError, match="JSON compliant"):
        journal.append("event", {"seconds": float("nan")})
    assert pathlib.Path(journal.path).read_bytes() == before


def test_a_journal_that_cannot_be_used_says_what_was_tried(tmp_path: pathlib.Path) -> None:
    (tmp_path / "directory").mkdir()
    journal = Journal(str(tmp_path / "directory"), Clock())
    tried = (
        (lambda: journal.append("event", {}), "opened: Is a directory"),
        (journal.read, "read: is not a regular file"),
    )
    for call, words in tried:
        with pytest.raises(JournalError) as caught:
            call()
        assert caught.value.what == f"The journal {journal.path} cannot be {words}"
        assert caught.value.code == "journal.unwritable"


def test_torn_bytes_never_go_through_a_link(journal: Journal, tmp_path: pathlib.Path) -> None:
    path = written(journal, line(), b"torn")
    path.with_name("journal.jsonl.torn").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match="cannot be written"):
        journal.append("event", {})
    assert not (tmp_path / "elsewhere").exists()
    assert path.read_bytes().endswith(b"torn")


def test_torn_bytes_of_two_nights_are_both_kept_and_no_file_stays_open(journal: Journal) -> None:
    path = written(journal, line())
    files = len(os.listdir("/proc/self/fd"))
    for torn in (b"first", b"second"):
        with open(path, "ab") as stream:
            stream.write(torn)
        journal.append("event", {})
    assert path.with_name("journal.jsonl.torn").read_bytes() == b"first\nsecond\n"
    assert len(os.listdir("/proc/self/fd")) == files
    assert journal.read().problem == ""


def test_an_append_to_a_long_journal_reads_its_end_only(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line(data={"filler": "x" * 900_000})]
    for seq in range(2, 9):
        lines.append(line(seq=seq, prev=hash_of(lines[-1]), data={"filler": "x" * 900_000}))
    written(journal, *lines)
    real, seen = os.pread, []

    def pread(descriptor: int, length: int, offset: int) -> bytes:
        found = real(descriptor, length, offset)
        seen.append(len(found))
        return found

    monkeypatch.setattr(os, "pread", pread)
    assert journal.append("next", {}).seq == 9
    assert sum(seen) < 4 << 20


@pytest.mark.parametrize(
    "change",
    [{"event": "a\x1b[31m"}, {"event": "a\nb"}, {"at": "\u202e"}, {"event": "x" * 100_000}],
    ids=["control", "newline", "direction", "long"],
)
def test_words_that_no_run_writes_make_no_entry(journal: Journal, change: Body) -> None:
    written(journal, line(**change))
    assert journal.read().problem == "line 1 is not an entry"


def test_a_number_that_is_none_makes_an_altered_line(journal: Journal) -> None:
    written(journal, line(data={"seconds": 1.5}).replace(b"1.5", b"NaN"))
    assert journal.read().problem == "line 1 was altered"


def test_what_a_reader_cannot_believe_is_a_problem_of_its_line(journal: Journal) -> None:
    one = line()
    written(journal, one, line(seq=2, prev=hash_of(one)))
    taken = []

    def take(entry: Entry) -> None:
        if entry.seq == 2:
            raise UnfitEntryError("a night that is none")
        taken.append(entry)

    reading = journal.walk(take)
    assert reading.problem == "line 2 says what no run writes (a night that is none)"
    assert (len(taken), reading.torn) == (1, False)


def test_an_entry_that_nobody_would_read_is_not_written(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.append("event", {})
    before = pathlib.Path(journal.path).read_bytes()
    monkeypatch.setattr(_journal, "LINE_LIMIT", 1000)
    with pytest.raises(JournalError, match="cannot be written: an entry of [0-9]+ bytes would be read by nobody"):
        journal.append("event", {"text": "x" * 1000})
    assert pathlib.Path(journal.path).read_bytes() == before
    assert journal.append("event", {}).seq == 2


def test_a_pipe_in_place_of_the_journal_is_refused_and_nobody_waits(journal: Journal) -> None:
    os.mkdir(os.path.dirname(journal.path))
    os.mkfifo(journal.path)
    with pytest.raises(JournalError, match="cannot be written: is not a regular file"):
        journal.append("event", {})


def test_a_journal_that_the_disk_gives_in_part_is_not_written_on(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append("event", {})
    before = pathlib.Path(journal.path).read_bytes()
    monkeypatch.setattr(os, "pread", lambda *_unused: b"")
    with pytest.raises(JournalError, match="cannot be written: it ends before its size"):
        journal.append("event", {})
    assert pathlib.Path(journal.path).read_bytes() == before


def test_torn_bytes_without_end_are_evidence_and_no_torn_line(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(journal, line(), b"x" * 3000)
    monkeypatch.setattr(_journal, "LINE_LIMIT", 2000)
    with pytest.raises(JournalError) as caught:
        journal.append("event", {})
    assert caught.value.code == "journal.broken"
    assert path.read_bytes().endswith(b"x" * 3000)


@pytest.mark.parametrize("end", [b"\n", b"[" * 20_000 + b"\n", '{"nama":"é"}\n'.encode()], ids=["empty", "deep", "raw"])
def test_no_entry_is_written_behind_a_line_that_is_none(journal: Journal, end: bytes) -> None:
    path = written(journal, line(), end)
    assert journal.read().problem == "line 2 is not an entry"
    with pytest.raises(JournalError) as caught:
        journal.append("event", {})
    assert caught.value.code == "journal.broken"
    assert path.read_bytes().endswith(end)


def test_a_line_with_letters_that_were_not_escaped_is_none_of_ours(journal: Journal) -> None:
    raw = line(data={"nama": "é"})
    assert b"\\u00e9" in raw
    written(journal, raw.replace(b"\\u00e9", "é".encode()))
    assert journal.read().problem == "line 1 is not an entry"


def test_an_altered_journal_is_refused_with_what_is_wrong(journal: Journal) -> None:
    written(journal, line(), line())
    with pytest.raises(JournalError) as caught:
        journal.believe(lambda _entry: None)
    assert caught.value.code == "journal.broken"
    assert caught.value.what.startswith(f"The journal {journal.path} was altered: line 2 does not follow")


def test_an_append_waits_for_who_is_writing(journal: Journal) -> None:
    path = written(journal, line())
    inode = path.stat().st_ino
    with open(path, "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        appending = threading.Thread(target=journal.append, args=("event", {}))
        appending.start()

        def waits() -> bool:
            locks = pathlib.Path("/proc/locks").read_text(encoding="ascii").splitlines()
            return any("->" in one and f":{inode} " in one for one in locks)

        wait_until(lambda: waits() or not appending.is_alive())
        assert appending.is_alive() and journal_lines(path) == 1
    appending.join()
    assert journal_lines(path) == 2


def journal_lines(path: pathlib.Path) -> int:
    return path.read_bytes().count(b"\n")
