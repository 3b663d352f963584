# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check found: for preflight results, warnings in manifests, and reports."""

from __future__ import annotations

import dataclasses
import typing as t

from ._printable import one_line

ERROR = "error"
WARNING = "warning"
INFO = "info"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that an operator should know.

    ``code`` is stable and dotted; reports translate it by the phrase
    ``finding.<code>``, filled with ``params``. ``message`` and ``remedy`` are
    the English words for terminal and journal. Names and words of others in
    them are made printable here.
    """

    code: str
    level: str
    subject: str
    message: str
    remedy: str = ""
    params: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for field in ("subject", "message", "remedy"):
            object.__setattr__(self, field, one_line(getattr(self, field)))
        object.__setattr__(self, "params", {key: one_line(value) for key, value in self.params.items()})

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "code": self.code,
            "level": self.level,
            "subject": self.subject,
            "message": self.message,
            "remedy": self.remedy,
            "params": dict(self.params),
        }
