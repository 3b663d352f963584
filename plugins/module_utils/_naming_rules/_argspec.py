# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the module ``backup_name``."""

from __future__ import annotations

import typing as t

from ._checks import STYLES
from ._fields import FREQUENCIES, FREQUENCY_LETTER, MEDIA_DIGIT, PROCESSES, TYPES


def argument_spec() -> dict[str, t.Any]:
    """The argument specification; the ranges of the fields are checked by ``NameFields``."""
    number = {"type": "int", "required": True}
    return {
        "name": {"type": "str"},
        "fields": {
            "type": "dict",
            "options": {
                "year": number,
                "month": number,
                "day": number,
                "hour": number,
                "type": {"type": "str", "choices": list(TYPES), "required": True},
                "media": {"type": "str", "choices": ["1", "2", "3", *MEDIA_DIGIT], "required": True},
                "frequency": {"type": "str", "choices": [*FREQUENCIES, *FREQUENCY_LETTER], "required": True},
                "data": {"type": "str", "required": True},
                "process": {"type": "str", "choices": list(PROCESSES), "default": ""},
                "run": {"type": "int", "default": 1},
            },
        },
        "style": {"type": "str", "choices": list(STYLES)},
        "medium": {"type": "str", "choices": list(MEDIA_DIGIT)},
        "zone": {"type": "str"},
    }
