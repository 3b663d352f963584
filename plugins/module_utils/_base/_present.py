# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One way to say that something optional is there at this place."""

from __future__ import annotations

import typing as t

Value = t.TypeVar("Value")


def present(value: Value | None) -> Value:
    """The value itself. That it is absent would be a mistake in this collection, never in what it was given."""
    if value is None:
        raise AssertionError("a value is absent that was made before it was used")
    return value
