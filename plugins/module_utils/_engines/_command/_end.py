# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a whole dump must look like, seen in one pass: its first bytes, its last ones, its last line, its size."""

from __future__ import annotations

import re
import typing as t

from ..._base._errors import EngineError
from ..._base._reader import shown
from .._base import Buffer, EndCheck
from ._options import End

_LINE_LIMIT = 1 << 12
Matcher = t.Callable[[str, str], bool]


def incomplete(what: str, remedy: str = "", detail: str = "") -> EngineError:
    """The one error of an end that was not seen."""
    remedy = remedy or "Run the dump by hand and look at its end; correct the source's end when the dump is right"
    return EngineError(f"The dump is not complete: {what}", remedy, code="engine.incomplete", detail=detail)


def matches(pattern: str, line: str) -> bool:
    """Whether an expression matches a whole line. It may take for ever, and nothing in this process can end it."""
    return re.compile(pattern).fullmatch(line) is not None


def checks_of(end: End, matcher: Matcher = matches) -> list[EndCheck]:
    """The parts that look at the bytes themselves; ``matcher`` tries the regular expression."""
    found: list[EndCheck] = []
    if end.first_bytes:
        found.append(FirstBytes(end.first_bytes))
    if end.min_bytes:
        found.append(AtLeast(end.min_bytes))
    if end.last_bytes:
        found.append(LastBytes(end.last_bytes))
    if end.last_line is not None:
        found.append(LastLine(end.last_line))
    if end.last_line_matches:
        found.append(LastLineMatches(end.last_line_matches, matcher))
    return found


class AllOf:
    """An `EndCheck` that is content when all its parts are; the first that is not speaks."""

    def __init__(self, parts: t.Sequence[EndCheck]) -> None:
        self._parts = tuple(parts)

    def feed(self, chunk: Buffer) -> None:
        for part in self._parts:
            part.feed(chunk)

    def finish(self) -> None:
        """Raise ``EngineError`` (``engine.incomplete``) unless every part saw what it must."""
        for part in self._parts:
            part.finish()


class FirstBytes:
    """The stream begins as it must, such as with a magic number."""

    def __init__(self, wanted: bytes) -> None:
        self._wanted = wanted
        self._seen = b""

    def feed(self, chunk: Buffer) -> None:
        if len(self._seen) < len(self._wanted):
            self._seen += bytes(chunk[: len(self._wanted) - len(self._seen)])

    def finish(self) -> None:
        if self._seen != self._wanted:
            raise incomplete(f"it begins with {self._seen.hex()}, not with {self._wanted.hex()} (first_bytes)")


class AtLeast:
    """The stream is not shorter than the site says it can be."""

    def __init__(self, least: int) -> None:
        self._least = least
        self._count = 0

    def feed(self, chunk: Buffer) -> None:
        self._count += len(chunk)

    def finish(self) -> None:
        if self._count < self._least:
            raise incomplete(f"it has {self._count} bytes, and {self._least} are the least (min_bytes)")


class _Tail:
    """The last bytes of the stream, however it is cut into chunks."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.kept = b""

    def add(self, chunk: Buffer) -> None:
        last = bytes(chunk[-self._size :])
        self.kept = last if len(last) == self._size else (self.kept + last)[-self._size :]


class LastBytes:
    """The stream ends with these bytes."""

    def __init__(self, wanted: bytes) -> None:
        self._wanted = wanted
        self._tail = _Tail(len(wanted))

    def feed(self, chunk: Buffer) -> None:
        self._tail.add(chunk)

    def finish(self) -> None:
        if self._tail.kept != self._wanted:
            raise incomplete(f"it ends with {self._tail.kept.hex()}, not with {self._wanted.hex()} (last_bytes)")


class LastLine:
    """The stream ends with this very line and a newline, and has it nowhere else.

    A line that also stands within the data would prove nothing where the
    stream is cut just behind it.
    """

    def __init__(self, line: str) -> None:
        self._line = line
        self._wanted = b"\n" + line.encode("utf-8") + b"\n"
        # The first line of the stream is a line, too.
        self._kept = b"\n"
        self._seen = 0
        self._last = _Tail(max(len(self._wanted), 200))

    def feed(self, chunk: Buffer) -> None:
        data = self._kept + bytes(chunk)
        at = data.find(self._wanted)
        while at >= 0:
            self._seen += 1
            at = data.find(self._wanted, at + 1)
        # One byte short of the whole, so that nothing is counted twice.
        self._kept = data[len(data) - len(self._wanted) + 1 :] if len(data) >= len(self._wanted) else data
        self._last.add(chunk)

    def finish(self) -> None:
        if self._last.kept[-len(self._wanted) :] not in (self._wanted, self._wanted[1:]):
            raise incomplete(
                f"its last line is {shown(_last_line(self._last.kept))}, not {shown(self._line)} (last_line)"
            )
        if self._seen != 1:
            raise incomplete(
                f"the line {shown(self._line)} stands in it {self._seen} times, and so its last one proves no end",
                "Choose another proof: a check program, or a script that writes a last line of its own",
            )


class LastLineMatches:
    """The last line, without its newline, is matched as a whole by a regular expression."""

    def __init__(self, pattern: str, matcher: Matcher = matches) -> None:
        self._pattern = pattern
        self._matcher = matcher
        self._tail = _Tail(_LINE_LIMIT)

    def feed(self, chunk: Buffer) -> None:
        self._tail.add(chunk)

    def finish(self) -> None:
        line = _last_line(self._tail.kept)
        if not self._matcher(self._pattern, line):
            raise incomplete(
                f"its last line is {shown(line)}, which {shown(self._pattern)} does not match (last_line_matches)"
            )


def _last_line(tail: bytes) -> str:
    """Raises where the stream does not end with a newline, or its last line is too long to be one."""
    if not tail.endswith(b"\n"):
        raise incomplete(
            f"its last line, which ends with {shown(tail[-30:].decode('utf-8', 'replace'))}, has no newline"
        )
    return tail[:-1].rpartition(b"\n")[2].decode("utf-8", "surrogateescape")
