# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One hook: is its program fit to be run, and what became of running it."""

from __future__ import annotations

import dataclasses
import os
import time
import typing as t

from .._base._errors import BackupError, HookError, ToolError
from .._base._gate import spawn_noted
from .._base._process import Child, Children, Command, clean_environment, end_words, find_tool
from .._base._stop import held_back
from .._base._trusted import scripts_in, weakness

BEFORE, AFTER = "before", "after"
_SAID_LIMIT = 4000
_LINE_LIMIT = 200


@dataclasses.dataclass(frozen=True)
class Ran:
    """How a hook ended. ``status`` is None where it did not end by itself; ``error`` None when all was well.

    ``began`` is false where the host could not even start it.
    """

    status: int | None
    said: str
    seconds: float
    error: BackupError | None
    began: bool = True


def program_of(words: t.Sequence[str], title: str) -> str:
    """The path of a hook's program. ``HookError`` where it is missing, or others could have put in what they like."""
    name = words[0]
    try:
        path = name if "/" in name else find_tool(name)
        _refuse_strangers(path, words)
    except ToolError as problem:
        raise _unfit(title, f"{name} is not installed") from problem
    except FileNotFoundError as problem:
        raise _unfit(title, f"{name} does not exist") from problem
    except OSError as problem:
        raise _unfit(title, f"{name} cannot be looked at: {problem.strerror}") from problem
    except ValueError as problem:
        raise _unfit(title, str(problem)) from problem
    return path


def run_hook(
    words: t.Sequence[str], minutes: float, environment: t.Mapping[str, str], children: Children, when: str, title: str
) -> Ran:
    """Run a hook to its end or its time limit. Raises only what stops the run, after the hook was ended.

    ``title`` says whose hook it is: ``the before-hook of the group Simpeg``.
    """
    began = time.monotonic()
    child: Child | None = None
    try:
        with held_back():
            program = program_of(words, title)
            child = spawn_noted(Command((program, *words[1:]), env=environment), children)
        result = child.wait_alone(minutes * 60)
    except ToolError as problem:
        if problem.code == "tool.warden":
            raise
        late = problem.code == "tool.timeout"
        error = too_late(when, title, minutes, problem.detail) if late else not_started(when, title, problem.what)
        return Ran(None, shortened(problem.detail), _since(began), error, late)
    except HookError as problem:
        return Ran(None, "", _since(began), problem, False)
    finally:
        if child is not None:
            child.kill()
    said = result.stderr
    problem_found = ended_badly(when, title, result.status, said) if result.status else None
    return Ran(result.status, shortened(said), _since(began), problem_found)


def ended_badly(when: str, title: str, status: int, said: str) -> HookError:
    """The error of a hook that ended with another status than 0."""
    what = f"{_capital(title)} {end_words(status)}{_last_line(said)}"
    if when == BEFORE:
        remedy = "Run it by hand on the host as the backup's user, and see what it says"
        return HookError(what, remedy, code="hook.before", detail=shortened(said))
    return HookError(what, _STILL, code="hook.after", detail=shortened(said))


def not_started(when: str, title: str, why: str) -> HookError:
    """The error of a hook whose program could not be started."""
    what = f"{_capital(title)} could not be started: {why}"
    if when == BEFORE:
        return HookError(what, "Run it by hand on the host as the backup's user", code="hook.before")
    return HookError(what, _STILL, code="hook.after")


def too_late(when: str, title: str, minutes: float, said: str) -> HookError:
    """The error of a hook that did not end in time."""
    what = f"{_capital(title)} did not end within {minutes:g} minute{'s' if minutes != 1 else ''} and was killed"
    if when == BEFORE:
        remedy = "See what it waits for, or raise its time_limit"
        return HookError(what, remedy, code="hook.before_late", detail=shortened(said))
    return HookError(what, _STILL, code="hook.after_late", detail=shortened(said))


def shortened(said: str) -> str:
    """The end of what a hook said: that is where a program says why it gives up."""
    return said if len(said) <= _SAID_LIMIT else "…" + said[1 - _SAID_LIMIT :]


def told(environment: t.Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a hook, for who starts it without us."""
    return clean_environment(environment)


_STILL = "See whether the application is still in maintenance mode, and end that by hand"


def _refuse_strangers(path: str, words: t.Sequence[str]) -> None:
    """``ValueError`` unless only root and this user can change what will run; scripts behind an interpreter too."""
    if not os.path.isfile(path):
        os.stat(path)
        raise ValueError(f"{path} is not a program")
    if not os.access(path, os.X_OK):
        raise ValueError(f"{path} may not be run by this user")
    for file in (path, *scripts_in(words)):
        reason = weakness(file)
        if reason:
            raise ValueError(f"others than root and this user could change {file}: {reason}")


def _unfit(title: str, why: str) -> HookError:
    remedy = "Install the program on this host where only root can change it, or correct the hook"
    return HookError(f"{_capital(title)} cannot be run: {why}", remedy, code="hook.program")


def _last_line(said: str) -> str:
    line = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
    return f": {line[:_LINE_LIMIT]}" if line else ""


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
