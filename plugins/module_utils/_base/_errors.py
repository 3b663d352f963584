# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one tree of exceptions. Every message names the object and the remedy.

``code`` is stable, dotted and lower case. Reports translate it, so every code
that is raised has a phrase ``error.<code>`` in each language (a guard test
holds them together).
"""

from __future__ import annotations

import os
import traceback
import types
import typing as t

from ._printable import block, one_line


class BackupError(Exception):
    """Something an operator must know: what failed, on what, what to do next.

    The words may hold names and words of others: they are made printable here, once for all.
    """

    code = "error"

    def __init__(
        self,
        what: str,
        remedy: str = "",
        *,
        code: str = "",
        detail: str = "",
    ) -> None:
        self.what = one_line(what)
        self.remedy = one_line(remedy)
        self.detail = block(detail)
        super().__init__(self.what)
        if code:
            self.code = code

    def __str__(self) -> str:
        return sentences(self.what, self.remedy)

    def as_dict(self) -> dict[str, str]:
        """The error as it stands in journal, facts and results."""
        return {"code": self.code, "message": self.what, "remedy": self.remedy, "detail": self.detail}


class Foreseen:
    """Turns a fault of ours into a ``BackupError``, so that one source's fault does not cost the others their night."""

    def __enter__(self) -> Foreseen:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        if isinstance(problem, Exception) and not isinstance(problem, (BackupError, OSError)):
            frame = traceback.extract_tb(trace)[-1]
            where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
            raise BackupError(
                f"An error that was not foreseen, at {where}: {type(problem).__name__}",
                "Nothing was published; report it with the detail",
                code="internal",
                detail="".join(traceback.format_exception(kind, problem, trace))[-4000:],
            ) from problem


def sentences(what: str, remedy: str) -> str:
    """What failed and what to do next, for people."""
    return " ".join(part for part in (_sentence(what), _sentence(remedy)) if part)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else text + "."


class ConfigError(BackupError):
    """The configuration is not valid; ``problems`` holds all of them, each with its path."""

    code = "config"

    def __init__(self, problems: t.Sequence[str]) -> None:
        self.problems = tuple(map(one_line, problems))
        count = len(self.problems)
        super().__init__(
            f"The configuration has {count} problem{'s' if count != 1 else ''}: " + "; ".join(self.problems),
            "Correct them in the inventory, where these names begin with backup_, and run again",
        )


class NamingError(BackupError):
    """A name or label, or a field of one, is outside the naming procedure (P13)."""

    code = "naming"


class ToolError(BackupError):
    """A program that is needed is absent, too old, or failed."""

    code = "tool"


class EngineError(BackupError):
    """The data could not be dumped completely."""

    code = "engine"


class PipelineError(BackupError):
    """Compressing, encrypting, hashing, writing or reading back failed."""

    code = "pipeline"


class MediumError(BackupError):
    """A medium cannot be used, or a copy on it is not what it should be."""

    code = "medium"


class ManifestError(BackupError):
    """A manifest is missing, unreadable, not valid, or its signature is wrong."""

    code = "manifest"


class JournalError(BackupError):
    """The journal cannot be written, or its chain of hashes is broken."""

    code = "journal"


class LockError(BackupError):
    """Another run holds what this one needs."""

    code = "lock"


class HookError(BackupError):
    """A program that runs before or after dumps failed, or cannot be run."""

    code = "hook"


class PreflightError(BackupError):
    """Something that is known before the dump starts would make it fail."""

    code = "preflight"
