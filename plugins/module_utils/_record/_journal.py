# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's journal: append-only JSON lines, each with the hash of the one before.

A line: ``{"seq", "at", "event", "data", "prev", "hash"}``, where ``hash`` is
the SHA-256 of the line's canonical JSON without ``hash``. A line that a power
cut tore is set aside, never silently dropped, and that fact is journalled.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import hashlib
import json
import os
import stat
import typing as t

from .._base._clock import Clock, stamp
from .._base._errors import JournalError
from .._base._io import FILE_MODE, make_directory, open_to_read, sync_directory, write_all
from .._base._json import parse_json
from .._base._printable import fits
from ._shapes import UnfitEntryError

FIRST = "0" * 64
# What we write is far shorter; a longer line is nobody's entry, and is not taken into memory.
LINE_LIMIT = 8 << 20
_MOST_VALUES = 400_000
_QUICK = 64 * 1024
_LONGEST_WORD = 100
_TAIL = 1 << 20


@dataclasses.dataclass(frozen=True)
class Entry:
    """One journalled event."""

    seq: int
    at: str
    event: str
    data: t.Mapping[str, t.Any]
    hash: str
    prev: str = ""


@dataclasses.dataclass(frozen=True)
class Reading:
    """A whole journal: what could be believed, and the first problem of its chain (or '').

    ``torn``: the problem is only that the last write was interrupted; the next
    one mends it. ``count`` is the number of entries, also where none was kept.
    """

    entries: tuple[Entry, ...]
    head: str
    problem: str
    torn: bool = False
    count: int = 0


Take = t.Callable[[Entry], None]


class Journal:
    """Appends to and reads one journal file."""

    def __init__(self, path: str, clock: Clock) -> None:
        self.path = path
        self.clock = clock

    def append(self, event: str, data: t.Mapping[str, t.Any]) -> Entry:
        """Write one event and flush it to the disk. Raises ``JournalError``."""
        try:
            make_directory(os.path.dirname(self.path))
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(self.path, flags, FILE_MODE)
        except OSError as problem:
            raise self._cannot("opened", problem) from problem
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "is not a regular file", self.path)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            last, torn = _last_entry(descriptor)
            if torn:
                last = self._set_aside(descriptor, torn, last)
            return self._write(descriptor, event, data, last)
        except OSError as problem:
            raise self._cannot("written", problem) from problem
        finally:
            # What was written is flushed by now, and says so itself where it is not.
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def read(self) -> Reading:
        """All entries up to the first that breaks the chain; an absent journal is empty."""
        entries: list[Entry] = []
        return dataclasses.replace(self.walk(entries.append), entries=tuple(entries))

    def walk(self, take: Take) -> Reading:
        """The same, but each entry is handed on and none is kept: a journal of years does not fit into memory."""
        count, head = 0, FIRST
        try:
            with open(open_to_read(self.path), "rb") as stream:
                # Who writes holds the lock: what is half written is not taken for torn.
                fcntl.flock(stream, fcntl.LOCK_SH)
                for number, line in enumerate(iter(lambda: stream.readline(LINE_LIMIT + 1), b""), start=1):
                    entry = _parse(line)
                    if entry is None and not line.endswith(b"\n") and len(line) <= LINE_LIMIT:
                        torn = f"line {number} is torn: the last write was interrupted"
                        return Reading((), head, torn, torn=True, count=count)
                    problem = _chain_problem(entry, line, number, head) or _told(entry, take, number)
                    if entry is None or problem:
                        return Reading((), head, problem, count=count)
                    count, head = number, entry.hash
        except FileNotFoundError:
            pass
        except OSError as problem:
            raise self._cannot("read", problem) from problem
        return Reading((), head, "", count=count)

    def believe(self, take: Take) -> Reading:
        """As `walk`; an altered journal is refused, for what follows would be read by nobody."""
        reading = self.walk(take)
        if reading.problem and not reading.torn:
            raise JournalError(
                f"The journal {self.path} was altered: {reading.problem}",
                "Keep the file as evidence, move it aside, find out who did it, and run again",
                code="journal.broken",
            )
        return reading

    def _write(self, descriptor: int, event: str, data: t.Mapping[str, t.Any], last: Entry | None) -> Entry:
        body: dict[str, t.Any] = {
            "seq": last.seq + 1 if last else 1,
            "at": stamp(self.clock.now()),
            "event": event,
            "data": dict(data),
            "prev": last.hash if last else FIRST,
        }
        body["hash"] = _hash(body)
        line = _canonical(body) + b"\n"
        if len(line) > LINE_LIMIT:
            raise OSError(errno.EFBIG, f"an entry of {len(line)} bytes would be read by nobody", self.path)
        size = os.fstat(descriptor).st_size
        try:
            write_all(descriptor, line)
            os.fsync(descriptor)
            if not size:
                # The name of a new journal must survive a power cut as well.
                sync_directory(os.path.dirname(self.path))
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
        return Entry(body["seq"], body["at"], event, body["data"], body["hash"], body["prev"])

    def _set_aside(self, descriptor: int, torn: bytes, last: Entry | None) -> Entry:
        """Keep the torn bytes beside the journal, cut them off it, and say so in it."""
        aside = self.path + ".torn"
        keep = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
        try:
            write_all(keep, torn + b"\n")
            os.fsync(keep)
        finally:
            os.close(keep)
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(torn))
        note = {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest(), "kept_in": aside}
        return self._write(descriptor, "journal.repaired", note, last)

    def _cannot(self, verb: str, problem: OSError) -> JournalError:
        return JournalError(
            f"The journal {self.path} cannot be {verb}: {problem.strerror}",
            "Free space and give the backup's user access; nothing runs without its journal",
            code="journal.unwritable",
        )


def _canonical(body: t.Mapping[str, t.Any]) -> bytes:
    return json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _hash(body: t.Mapping[str, t.Any]) -> str:
    return hashlib.sha256(_canonical({key: value for key, value in body.items() if key != "hash"})).hexdigest()


def _parse(line: bytes) -> Entry | None:
    """The entry of a line; None for what is none of ours."""
    if len(line) > LINE_LIMIT or not line.isascii():
        return None
    try:
        body = json.loads(line) if len(line) <= _QUICK else parse_json(line, _MOST_VALUES)
        entry = Entry(body["seq"], body["at"], body["event"], body["data"], body["hash"], body["prev"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    shapes = isinstance(entry.seq, int) and isinstance(entry.data, dict) and entry.prev is not None
    return entry if shapes and _is_word(entry.at) and _is_word(entry.event) else None


def _is_word(value: t.Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_WORD and fits(value)


def _chain_problem(entry: Entry | None, line: bytes, number: int, head: str) -> str:
    if entry is None:
        return f"line {number} is not an entry"
    if entry.prev != head or entry.seq != number:
        return f"line {number} does not follow the one before: a line was removed or inserted"
    # To write the canonical form again costs more than all else together, and a journal of years is read by each run.
    if not _as_written(entry, line) and not _says_the_same(entry, line):
        return f"line {number} was altered"
    return ""


def _says_the_same(entry: Entry, line: bytes) -> bool:
    """Whether the line, written anew in the canonical form, has its hash."""
    try:
        return _hash(json.loads(line)) == entry.hash
    except (ValueError, RecursionError):
        # Not a number, or nested without end: Python reads it, and nobody writes it.
        return False


def _told(entry: Entry | None, take: Take, number: int) -> str:
    """Hand an entry on; what the one who takes it cannot believe is a problem of the journal."""
    try:
        if entry is not None:
            take(entry)
    except UnfitEntryError as problem:
        return f"line {number} says what no run writes ({problem})"
    return ""


def _as_written(entry: Entry, line: bytes) -> bool:
    """Whether the very bytes of a line, its hash cut out of them, have that hash: sorted keys put it near the end."""
    rest = f',"prev":"{entry.prev}","seq":{entry.seq}}}'
    end = f',"hash":"{entry.hash}"{rest}\n'.encode("utf-8", "replace")
    return line.endswith(end) and hashlib.sha256(line[: -len(end)] + rest.encode()).hexdigest() == entry.hash


def _last_entry(descriptor: int) -> tuple[Entry | None, bytes]:
    """The last whole entry and the torn bytes after it."""
    tail, whole = _end_of(descriptor, _TAIL)
    while tail.count(b"\n") < 2 and not whole and len(tail) <= 2 * LINE_LIMIT:
        tail, whole = _end_of(descriptor, 2 * len(tail))
    end = tail.rfind(b"\n") + 1
    torn = tail[end:]
    begin = tail.rfind(b"\n", 0, max(end - 1, 0)) + 1
    entry = _parse(tail[begin:end]) if end else None
    if (end and entry is None) or len(torn) > LINE_LIMIT:
        raise JournalError(
            "The last line of the journal is not an entry",
            "Keep the file as evidence, move it aside, find out who did it, and run again",
            code="journal.broken",
        )
    return entry, torn


def _end_of(descriptor: int, length: int) -> tuple[bytes, bool]:
    """The last bytes of a file, and whether these are all."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - length)
    parts = []
    while part := os.pread(descriptor, size - start, start):
        parts.append(part)
        start += len(part)
    if start != size:
        # Written on from here, the chain would be cut.
        raise OSError(errno.EIO, "it ends before its size")
    return b"".join(parts), size <= length
