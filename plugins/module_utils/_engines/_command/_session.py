# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One dump by a program of the site: its output, its proof, and what another program counts beside it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import typing as t

from ..._base._errors import BackupError, EngineError
from ..._base._findings import INFO, WARNING, Finding
from ..._base._printable import fits
from ..._base._process import Child, Command, Result, end_words
from ..._base._reader import shown
from .._base import Context, EndCheck, Inventory, InventoryObject, Stream
from .._prefix import behind, refuse_prefix
from ._check import CheckProgram
from ._end import AllOf, checks_of
from ._match import matches_in_time
from ._options import Options

COUNT_SECONDS = 3600
MOST_COUNTED = 50_000
_COUNT_LIMIT = 16 << 20
_BESIDE = "counted by a program of the site beside the dump, at a moment of its own"


class CommandSession:
    """Use as a context manager: leaving it ends the check program."""

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self._context = context
        self._name = os.path.basename(options.dump[0])
        self._findings: list[Finding] = []
        self._check: CheckProgram | None = None

    def __enter__(self) -> CommandSession:
        return self

    def __exit__(self, *_unused: object) -> None:
        if self._check is not None:
            self._check.close()

    def streams(self) -> t.Iterator[Stream]:
        options = self._options
        parts = checks_of(options.end, self._matches)
        if options.end.check:
            self._check = self._program()
            parts.append(self._check)
        end: EndCheck = AllOf(parts)
        yield Stream(
            part="",
            kind=options.kind,
            end_check=end,
            judge=self._judge,
            restore=options.restore,
            command=behind(options.prefix, options.dump, options.environment),
            stop=self._stop,
        )

    def inventory(self) -> Inventory:
        if not self._options.count:
            return Inventory(exact=False, totals={}, why="the content of what a program writes is not known")
        try:
            counted = self._count()
        except BackupError as problem:
            self._findings.append(
                Finding(
                    "engine.command.count", WARNING, self._name, problem.what, problem.remedy, {"text": problem.what}
                )
            )
            return Inventory(exact=False, totals={}, why="counting failed")
        totals = {"counted": len(counted)}
        if self._context.inventory == "objects":
            objects = tuple(InventoryObject("counted", name) for name in counted)
        else:
            totals["rows"] = sum(counted.values())
            objects = tuple(InventoryObject("counted", name, rows=number) for name, number in counted.items())
        return Inventory(exact=False, totals=totals, objects=objects, why=_BESIDE)

    def findings(self) -> t.Sequence[Finding]:
        return tuple(self._findings)

    def _program(self) -> CheckProgram:
        command = Command(self._options.end.check, env=self._options.environment)
        children = self._context.children

        def start() -> Child:
            return children.spawn(command, stdin=subprocess.PIPE, together=True)

        return CheckProgram(start)

    def _matches(self, pattern: str, line: str) -> bool:
        return matches_in_time(pattern, line, self._context.children)

    def _stop(self) -> None:
        if self._check is not None:
            self._check.stop()

    def _judge(self, status: int, stderr: str) -> t.Sequence[Finding]:
        said = stderr.strip()
        if status not in self._options.ok_status:
            refuse_prefix(self._options.prefix, Result(status, b"", said))
            raise EngineError(
                f"'{self._name}' {end_words(status)}: {_last(said) or 'it said nothing'}",
                "Run the dump by hand as the backup's user, and correct what it says",
                code="engine.failed",
                detail=said,
            )
        found: list[Finding] = []
        if status:
            what = f"'{self._name}' {end_words(status)}, which the source takes for success (ok_status)"
            found.append(Finding("engine.command.status", INFO, self._name, what, "", {"status": str(status)}))
        if said and self._options.stderr == "fail":
            raise EngineError(
                f"'{self._name}' {end_words(status)}, but it was not silent: {_last(said)}",
                "Correct what it says, or let the source's stderr be warn",
                code="engine.failed",
                detail=said,
            )
        if said and self._options.stderr == "warn":
            what = f"'{self._name}' ended well but was not silent: {said}"
            remedy = "Read it and decide whether something is missing; what it always says 'stderr: ignore' leaves out"
            found.append(Finding("engine.command.said", WARNING, self._name, what, remedy, {"text": said}))
        return found

    def _count(self) -> dict[str, int]:
        options = self._options
        command = behind(options.prefix, options.count, options.environment)
        done = self._context.children.run(command, timeout=COUNT_SECONDS, limit=_COUNT_LIMIT)
        if done.status != 0:
            raise EngineError(
                f"Counting by '{options.count[0]}' failed: it {end_words(done.status)}: {_last(done.stderr)}",
                "Run it by hand as the backup's user",
                code="engine.command.count",
            )
        found: dict[str, int] = {}
        for line in done.stdout.decode("utf-8", "backslashreplace").splitlines():
            if line.strip():
                name, number = _counted(line, options.count[0])
                found[name] = found.get(name, 0) + number
        if len(found) > MOST_COUNTED:
            raise EngineError(
                f"'{options.count[0]}' counts {len(found)} names, and {MOST_COUNTED} are the most",
                "Let it sum up",
                code="engine.command.count",
            )
        return found


def _counted(line: str, program: str) -> tuple[str, int]:
    name, _tab, number = line.rpartition("\t")
    with contextlib.suppress(ValueError):
        if name and number.strip().isascii() and int(number) >= 0:
            return name if fits(name) else shown(name), int(number)
    raise EngineError(
        f"'{program}' printed {shown(line)}, which is no name, tab and number",
        "Let it print nothing but such lines",
        code="engine.command.count",
    )


def _last(said: str) -> str:
    return said.strip().rpartition("\n")[2][-300:]
