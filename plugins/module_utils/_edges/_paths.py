# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths among the options of a module, looked at before the first of them is used."""

from __future__ import annotations

import typing as t

from .._base._errors import ConfigError
from .._base._printable import fits
from .._base._reader import shown


def refuse_odd_paths(params: t.Mapping[str, t.Any], *keys: str) -> None:
    """Raise `ConfigError` for paths that no message can hold, or that no system call takes (a zero byte)."""
    odd = [key for key in keys if isinstance(params[key], str) and not fits(params[key])]
    if odd:
        raise ConfigError(
            [f"{key}: {shown(params[key])} has a control character or a byte that is not UTF-8" for key in odd]
        )
