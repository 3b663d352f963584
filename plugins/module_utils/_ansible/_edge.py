# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge of every module: errors become words, and a fault of ours becomes one line that says where."""

from __future__ import annotations

import os
import pwd
import traceback
import types
import typing as t

from .._base._errors import BackupError, ConfigError


class Module(t.Protocol):
    """What is used of ``AnsibleModule``."""

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """End the module with a failure."""


class Edge:
    """Put it around the work of a module: ``with Edge(module): …``."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def __enter__(self) -> Edge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        if isinstance(problem, BackupError):
            problems = list(problem.problems) if isinstance(problem, ConfigError) else [str(problem)]
            self._module.fail_json(msg=str(problem), error=problem.as_dict(), problems=problems)
        if isinstance(problem, Exception):
            # Ansible shows ``exception`` from -vvv on, and below that only says that there is one.
            text = "".join(traceback.format_exception(kind, problem, trace))
            self._module.fail_json(msg=_fault(problem, trace), problems=[], exception=text)


def refuse_mixed_owners(*paths: str) -> None:
    """Raise when a path that exists belongs to another user than the one who works here.

    Files of two owners in one store would lock the backup's own user out.
    """
    for path in paths:
        try:
            owner = os.stat(path).st_uid
        except FileNotFoundError:
            continue
        except OSError as problem:
            raise BackupError(
                f"{path} cannot be looked at: {problem.strerror}",
                "Run this as the backup's own user (become_user)",
                code="owner.unknown",
            ) from problem
        if owner != os.geteuid():
            raise BackupError(
                f"{path} belongs to {_user(owner)} and this runs as {_user(os.geteuid())}",
                f"Run it as its owner: become: true, become_user: {_user(owner)}",
                code="owner.mixed",
            )


def _fault(problem: Exception, trace: types.TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno} ({frames[-1].name})" if frames else "unknown"
    words = " ".join(str(problem).split())
    return f"Internal error at {where}: {type(problem).__name__}: {words}. Run again with -vvv and report it."


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
