# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof, from the plain stream alone, that a dump is whole, and which tables it carries.

Values never hold a line feed: the dump writes it as backslash and n. So a line
that begins with two hyphens stands between statements, or in the body of a
routine, which stands between two DELIMITER lines. The closing lines must come
behind the last of those, as a whole, and nothing behind them. To search for
such lines costs next to nothing.
"""

from __future__ import annotations

import collections
import re
import time
import typing as t

from ..._base._errors import EngineError
from .._base import Buffer

_COMMENT = b"\n-- "
_LONGEST = 2048
_TAIL = 1 << 20
_HEAD = 400
_FIRST = re.compile(rb"(?:/\*M?!999999\\- enable the sandbox mode \*/ ?\n)?-- (?:MariaDB|MySQL) dump [^\n]+\n")
_CLOSING = b"-- Dump completed\n"
# The settings that the dump puts back, and the closing line.
_FOOTER = re.compile(rb"\n(?:/\*M?![0-9]+ SET [A-Z_]+=@OLD_[A-Z_]+ \*/;\n){3,}\n-- Dump completed\n\Z")
_BLOCK = re.compile(rb"^DELIMITER (;+)$", re.MULTILINE)
# The first comment behind the head, which is written when the dump's own transaction stands.
_BODY = (
    b"-- Current Database: ",
    b"-- Table structure for ",
    b"-- Sequence structure for ",
    b"-- Temporary ",
    b"-- Dumping ",
    b"-- Final view ",
    _CLOSING,
)
_DATABASE = re.compile(rb"-- Current Database: `(.*)`$", re.DOTALL)
_DATA = re.compile(rb"-- Dumping data for table `(.*)`$", re.DOTALL)


class DumpCheck:
    """An `EndCheck`. ``tables`` are those whose rows the dump carries, as (database, name).

    ``moved`` is when the last byte came, by the monotonic clock.
    ``on_snapshot`` is called once, when the dump is past the start of its own
    transaction.
    """

    def __init__(self, database: str = "", on_snapshot: t.Callable[[], None] | None = None) -> None:
        self.tables: set[tuple[str, str]] = set()
        self._database = database
        self._on_snapshot = on_snapshot
        self._head = b""
        self._carry = b"\n"
        self._recent: collections.deque[bytes] = collections.deque()
        self._kept = 0
        self._stands = False
        self._ended = False
        self.moved = time.monotonic()

    def feed(self, chunk: Buffer) -> None:
        if not chunk:
            return
        if self._ended:
            raise broken("bytes follow behind its closing line")
        self.moved = time.monotonic()
        fresh = bytes(chunk)
        if len(self._head) < _HEAD:
            self._head += fresh[: _HEAD - len(self._head)]
        self._keep(fresh)
        data = self._carry + fresh
        at = data.find(_COMMENT)
        while at >= 0:
            end = data.find(b"\n", at + 1)
            if end < 0 and len(data) - at <= _LONGEST:
                self._carry = data[at:]
                return
            line = data[at + 1 : end + 1] if end >= 0 else data[at + 1 :]
            self._comment(line, len(data) - (at + 1 + len(line)))
            at = data.find(_COMMENT, end if end >= 0 else len(data))
        self._carry = data[-(len(_COMMENT) - 1) :]

    def finish(self) -> None:
        """Raise ``EngineError`` (``engine.incomplete``) unless begin and end were seen."""
        if not _FIRST.match(self._head):
            raise broken("it does not begin as a dump")
        if not self._ended:
            raise broken("it ends without its closing line")

    def _keep(self, fresh: bytes) -> None:
        self._recent.append(fresh)
        self._kept += len(fresh)
        while self._kept - len(self._recent[0]) >= _TAIL:
            self._kept -= len(self._recent.popleft())

    def _comment(self, line: bytes, behind: int) -> None:
        """One whole line, with the number of bytes that came behind it so far."""
        if not self._stands and line.startswith(_BODY):
            self._stands = True
            if self._on_snapshot is not None:
                self._on_snapshot()
        plain = line.rstrip(b"\n")
        found = _DATA.match(plain)
        if found:
            self.tables.add((self._database, _name(found[1])))
            return
        found = _DATABASE.match(plain)
        if found:
            self._database = _name(found[1])
        elif line == _CLOSING and self._closes(behind):
            self._ended = True
            if behind:
                raise broken("bytes follow behind its closing line")

    def _closes(self, behind: int) -> bool:
        """Whether a closing line is that of the dump, and not one inside of a routine."""
        tail = b"".join(self._recent)
        tail = tail[: len(tail) - behind]
        if not _FOOTER.search(tail[-_LONGEST:]):
            return False
        marks = _BLOCK.findall(tail)
        return not marks or marks[-1] == b";"


class TextCheck:
    """An `EndCheck` for a text that we wrote ourselves: every byte of it, and no other."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._seen = 0

    def feed(self, chunk: Buffer) -> None:
        if bytes(chunk) != self._content[self._seen : self._seen + len(chunk)]:
            raise broken(f"a text of ours is not what was written, near byte {self._seen}")
        self._seen += len(chunk)

    def finish(self) -> None:
        """Raise ``EngineError`` (``engine.incomplete``) unless all of it came by."""
        if self._seen != len(self._content):
            raise broken("a text of ours is cut")


def broken(what: str) -> EngineError:
    """The error of a stream that is not whole."""
    return EngineError(
        f"The dump is not complete: {what}",
        "It was not published; run it again, and look at the server's log if it happens again",
        code="engine.incomplete",
    )


def _name(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape").replace("``", "`")
