# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GNU tar says on stderr, sorted into findings and failures.

A line that is not known is never dropped: with status 0 it becomes a warning,
with any other status a failure.
"""

from __future__ import annotations

import re
import typing as t

from .._base._errors import EngineError
from .._base._findings import INFO, WARNING, Finding
from .._base._process import end_words

NAMES_SHOWN = 20

_GAP = re.compile(r"\n(… \d+ bytes left out …)\n")
_LAST_WORDS = "Exiting with failure status due to previous errors"


class _Kind(t.NamedTuple):
    level: str
    text: str
    words: str
    remedy: str
    code: str


# The first that matches the end of a line wins; the part before it is the name.
_KNOWN = (
    _Kind(
        WARNING,
        r"file changed as we read it",
        "changed while being read; their copies may mix old and new content",
        "Stop what writes there during the backup, or back up a snapshot of the file system",
        code="files.changed",
    ),
    _Kind(
        WARNING,
        r"[Ff]ile removed before we read it",
        "went away before they could be read",
        "Nothing to do when they were temporary; else stop what removes them during the backup",
        code="files.removed",
    ),
    _Kind(
        WARNING,
        r"[Ff]ile shrank by \d+ bytes?; padding with zeros",
        "became shorter while being read; the missing ends are zeros in the backup",
        "Stop what writes there during the backup, or back up a snapshot of the file system",
        code="files.shrank",
    ),
    _Kind(
        INFO,
        r"(?:socket|door) ignored",
        "are sockets, which no backup holds; their program makes them again",
        "",
        code="files.socket",
    ),
    _Kind(
        WARNING,
        r"file is on a different filesystem; not dumped",
        "are mounted from other file systems, which are not in this backup",
        "Give each a source of its own, exclude them, or set one_file_system: false",
        code="files.other_filesystem",
    ),
)
_PATTERNS = tuple((kind, re.compile(r"^\S*tar: (?P<name>.*): " + kind.text + "$")) for kind in _KNOWN)


def unsupported(stderr: str) -> tuple[str, ...]:
    """What this tar cannot keep: of ``ACL`` and ``XATTR`` those that it says it was built without."""
    return tuple(word for word in ("ACL", "XATTR") if re.search(rf"{word} support is not available", stderr))


def judge(path: str, status: int, stderr: str) -> tuple[Finding, ...]:
    """Findings of a tar that wrote a whole archive of ``path``, or ``EngineError`` (``engine.failed``)."""
    names: dict[str, list[str]] = {kind.code: [] for kind in _KNOWN}
    others: list[str] = []
    lines, cut = _untorn(stderr)
    for line in lines:
        found = next(((kind, match) for kind, pattern in _PATTERNS for match in [pattern.match(line)] if match), None)
        if found is None:
            others.append(line)
        else:
            names[found[0].code].append(found[1]["name"])
    if status not in (0, 1) or (status == 1 and (others or not any(names.values()))):
        raise _failure(path, status, others)
    findings = [_finding(path, kind, names[kind.code], cut) for kind in _KNOWN if names[kind.code]]
    if others:
        findings.append(
            Finding(
                "files.tar_said",
                WARNING,
                path,
                f"tar said of {path}: {_listing(others)}",
                "Look at the files that it names",
                {"path": path, "text": _listing(others)},
            )
        )
    return tuple(findings)


def _untorn(stderr: str) -> tuple[list[str], bool]:
    """The lines that say something, and whether some were left out; the two torn by the gap are left out with them."""
    head, gap, tail = _GAP.split(stderr, 1) if _GAP.search(stderr) else (stderr, "", "")
    lines = head.splitlines()
    if gap:
        lines = lines[:-1] + tail.splitlines()[1:]
    return [line for line in lines if line.strip() and not line.endswith(_LAST_WORDS)], bool(gap)


def _finding(path: str, kind: _Kind, names: list[str], cut: bool) -> Finding:
    count = f"at least {len(names)}" if cut else str(len(names))
    return Finding(
        kind.code,
        kind.level,
        path,
        f"{count} below {path} {kind.words}: {_listing(names)}",
        kind.remedy,
        {"path": path, "count": str(len(names)), "names": _listing(names)},
    )


def _failure(path: str, status: int, others: list[str]) -> EngineError:
    denied = [line for line in others if "Permission denied" in line]
    told = [re.sub(r"^\S*tar: ", "", line) for line in denied or others]
    said = _listing(told) if told else "it said nothing"
    return EngineError(
        f"tar {end_words(status)} while it read {path}: {said}",
        "Let the backup's user read what is named, or exclude it"
        if denied
        else "See to what is named, and run the backup again",
        code="engine.unreadable" if denied else "engine.failed",
        detail="\n".join(others),
    )


def _listing(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    more = len(names) - NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
