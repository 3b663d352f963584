# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification says: shapes only, no work."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .._base._findings import ERROR, WARNING, Finding
from .._base._printable import one_line, shown_path

OK = "ok"
UNPARSABLE = "unparsable"
INCOMPLETE = "incomplete"
MISSING = "missing"
UNREADABLE = "unreadable"
ALTERED = "altered"
UNKNOWN = "unknown"
UNSIGNED = "unsigned"
# The status of a set is the first of these that one of its problems has.
BY_WEIGHT = (UNPARSABLE, INCOMPLETE, MISSING, UNREADABLE, ALTERED, UNKNOWN)
_REMEDIES = {
    UNPARSABLE: "It was altered or damaged: use another copy of the set",
    INCOMPLETE: "If no run is at work, it is a leftover: the next run of its source removes it",
    MISSING: "Use another copy of the set, and find out who removed it",
    UNREADABLE: "See the kernel's log and the permissions; use another copy of the set",
    ALTERED: "Keep it apart, never repair it; use another copy of the set, and find out why",
    UNKNOWN: "Move it out of the store, or name it by the procedure",
    UNSIGNED: "Give the allowed signers, so that nobody can take a signature away unnoticed",
}


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong. ``kind`` is one of the words above, ``code`` finer and stable."""

    kind: str
    code: str
    path: str
    message: str

    def __post_init__(self) -> None:
        # Names of strays are anything, control characters and bytes that are not UTF-8 included.
        object.__setattr__(self, "path", shown_path(self.path))
        object.__setattr__(self, "message", one_line(self.message))

    def finding(self) -> Finding:
        """Its form for reports."""
        level = WARNING if self.kind == UNSIGNED else ERROR
        return Finding(self.code, level, self.path, self.message, _REMEDIES[self.kind], {"path": self.path})

    def as_dict(self) -> dict[str, t.Any]:
        return {"kind": self.kind, **self.finding().as_dict()}


@dataclasses.dataclass(frozen=True)
class SetResult:
    """One set: its status, what was read of it, and its problems."""

    source: str
    name: str
    directory: str
    bytes: int
    problems: tuple[Problem, ...]

    @property
    def status(self) -> str:
        kinds = {problem.kind for problem in self.problems}
        return next((kind for kind in BY_WEIGHT if kind in kinds), OK)

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "source": self.source,
            "name": self.name,
            "path": self.directory,
            "status": self.status,
            "bytes": self.bytes,
            "problems": [problem.as_dict() for problem in self.problems],
        }


@dataclasses.dataclass(frozen=True)
class VerifyReport:
    """A whole verification. ``strays`` lie in no set; ``dropped``: every byte was seen to come from the medium."""

    root: str
    at: str
    seconds: float
    sets: tuple[SetResult, ...]
    strays: tuple[Problem, ...]
    signatures: bool
    dropped: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many sets and strays have each status; all statuses are there."""
        found = collections.Counter([*(entry.status for entry in self.sets), *(stray.kind for stray in self.strays)])
        return {status: found[status] for status in (OK, *BY_WEIGHT)}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems that are errors."""
        return tuple(problem for problem in self._every() if problem.kind != UNSIGNED)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self._every() if problem.kind == UNSIGNED)

    def _every(self) -> list[Problem]:
        return [problem for entry in self.sets for problem in entry.problems] + list(self.strays)

    def summary(self) -> dict[str, t.Any]:
        """The fact ``verified``."""
        return {"at": self.at, "sets": len(self.sets), "problems": len(self.problems)}

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "path": self.root,
            "at": self.at,
            "seconds": self.seconds,
            "bytes": sum(entry.bytes for entry in self.sets),
            "counts": self.counts,
            "sets": [entry.as_dict() for entry in self.sets],
            "strays": [stray.as_dict() for stray in self.strays],
            "signatures_checked": self.signatures,
            "cache_dropped": self.dropped,
        }
