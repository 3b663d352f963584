# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge of every module: errors become words, and a fault of ours becomes one line that says where."""

from __future__ import annotations

import os
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
            self._module.fail_json(msg=str(problem), **_for_programs(problem))
        if isinstance(problem, Exception):
            # Ansible shows ``exception`` from -vvv on, and below that only says that there is one.
            text = "".join(traceback.format_exception(kind, problem, trace))
            self._module.fail_json(msg=_fault(problem, trace), exception=text)


def _for_programs(problem: BackupError) -> dict[str, t.Any]:
    """What the message does not say already: Ansible prints all of a failed result, and it must fit a screen."""
    error = {"code": problem.code, **({"detail": problem.detail} if problem.detail else {})}
    found: dict[str, t.Any] = {"error": error}
    if isinstance(problem, ConfigError) and len(problem.problems) > 1:
        found["problems"] = list(problem.problems)
    return found


def _fault(problem: Exception, trace: types.TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno} ({frames[-1].name})" if frames else "unknown"
    words = " ".join(str(problem).split())
    return f"Internal error at {where}: {type(problem).__name__}: {words}. Run again with -vvv and report it."
