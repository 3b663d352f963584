# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of media: adding one is one file and one line here. Each knows no engine."""

from __future__ import annotations

import typing as t

from .._base._errors import MediumError
from .._base._model import Medium
from ._base import MediumDriver
from ._disk import Disk

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
