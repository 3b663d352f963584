# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs tests against one mutant after the other, in a copy of the checkout: ``python -m tests.mutants.worker``.

It is started in the copy. Each line of its input is one task in JSON, each line of its output the answer. pytest is
imported once, and a fork of this process runs the tests of a mutant, for starting Python takes longer than they do.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import traceback
import typing as t
from pathlib import Path

import pytest
from tests.mutants import chosen_tests

# A single test takes a few seconds at most: one that hangs must not cost the time of all.
TEST_SECONDS = 20
KILLED, SURVIVED, TIMEOUT = "killed", "survived", "timeout"
_NOTHING_FAILED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
_SET_CHILD_SUBREAPER = 36


def main() -> int:
    # Orphans of the tests become our children, so that none outlives its mutant.
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        task = json.loads(line)
        file = Path(task["file"])
        original = file.read_bytes()
        try:
            file.write_text(task["source"], encoding="utf-8")
            answer = judge(task["tests"], task["limit"])
        finally:
            file.write_bytes(original)
        print(json.dumps(answer), file=answers, flush=True)
    return 0


def judge(tests: list[str], limit: float) -> dict[str, t.Any]:
    """How the tests ended: killed by one of them, by the time limit, or survived."""
    place = Path(tempfile.mkdtemp(prefix="nbm-"))
    try:
        (place / "choice").write_text(json.dumps(tests), encoding="utf-8")
        pid = os.fork()
        if pid == 0:
            run_tests(tests, place)
        status = wait(pid, limit)
        end_orphans()
        if status is None:
            return {"outcome": TIMEOUT, "by": ""}
        notes = place / "notes"
        failed = json.loads(notes.read_bytes())["failed"] if notes.is_file() else []
        survived = os.WIFEXITED(status) and os.WEXITSTATUS(status) in _NOTHING_FAILED
        output = "" if survived else (place / "output").read_text(encoding="utf-8", errors="replace")[-4000:]
        return {"outcome": SURVIVED if survived else KILLED, "by": (failed or [""])[0], "output": output}
    finally:
        shutil.rmtree(place, ignore_errors=True)


def run_tests(tests: list[str], place: Path) -> t.NoReturn:
    """The tests in the order given, up to the first that fails; ends the process."""
    status = 3
    try:
        os.setsid()
        output = os.open(place / "output", os.O_WRONLY | os.O_CREAT)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, number in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(descriptor, number)
        os.environ[chosen_tests.CHOICE] = str(place / "choice")
        os.environ[chosen_tests.NOTES] = str(place / "notes")
        files = list(dict.fromkeys(name.partition("::")[0] for name in tests))
        status = int(
            pytest.main([*options(place / "tmp"), "--exitfirst", "--tb=line", f"--timeout={TEST_SECONDS}", *files])
        )
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        os._exit(status)


def options(temporary: Path) -> list[str]:
    """What every run of pytest here has in common."""
    # That the plugins were imported before the fork is meant.
    early = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    plugin = ["-p", "tests.mutants.chosen_tests", "--hypothesis-profile=mutants"]
    return ["--quiet", "-o", "cache_dir=.cache/pytest", *early, *plugin, f"--basetemp={temporary}"]


def wait(pid: int, limit: float) -> int | None:
    """The status of a child; None when it was ended after its time limit."""
    descriptor = os.pidfd_open(pid)
    try:
        ended = select.select([descriptor], [], [], limit)[0]
    finally:
        os.close(descriptor)
    if not ended:
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    return status if ended else None


def end_orphans() -> None:
    """End whatever the tests left running; what each of those leaves comes here in turn."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            os.waitpid(-1, 0)


if __name__ == "__main__":
    sys.exit(main())
