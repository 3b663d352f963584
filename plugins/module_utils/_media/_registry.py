# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of media: adding one is one file and one line here. Each knows no engine."""

from __future__ import annotations

import typing as t

from .._base._errors import MediumError
from .._base._findings import ERROR, Finding
from .._base._model import Medium
from .._base._patience import within
from ._base import MediumDriver
from ._disk import Disk

Value = t.TypeVar("Value")
# A disk that slept or an automount takes some seconds; what takes longer than this hangs.
LOOK_SECONDS = 30.0
MEDIA: t.Mapping[str, MediumDriver] = {driver.kind: driver for driver in (Disk(),)}


def driver_of(medium: Medium) -> MediumDriver:
    """The driver of a medium, or a ``MediumError`` that names the kinds that there are."""
    if medium.kind not in MEDIA:
        raise MediumError(
            f"The medium '{medium.name}' is of the kind '{medium.kind}', which cannot take copies",
            f"Use one of: {', '.join(sorted(MEDIA))}",
            code="medium.kind",
        )
    return MEDIA[medium.kind]


def answer_of(work: t.Callable[[], Value]) -> Value:
    """What a question to a medium brings; ``TimeoutError`` where the medium does not answer at all."""
    return within(LOOK_SECONDS, work)


def look_at(medium: Medium, store: str, needed: int = 0) -> list[Finding]:
    """What the driver's ``check`` finds; a medium that does not answer is a finding, too, and holds nobody up."""
    driver = driver_of(medium)
    try:
        return answer_of(lambda: driver.check(medium, store, needed))
    except TimeoutError:
        why = "does not answer"
    except OSError as problem:
        why = f"cannot be looked at: {problem.strerror}"
    text = f"The medium '{medium.name}' {why}: {medium.path}"
    remedy = "See whether its server or its disk hangs, and its mount"
    return [Finding("medium.silent", ERROR, medium.name, text, remedy, {"medium": medium.name, "path": medium.path})]
