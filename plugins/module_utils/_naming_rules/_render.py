# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From fields to a name, in both styles (P13.1, P13.3)."""

from __future__ import annotations

from ._checks import check_style
from ._fields import NameFields, check_data_name


def render_prefix(fields: NameFields, style: str) -> str:
    """All fields before the data name, without the hyphen that follows them."""
    day = f"{fields.year:04d}{fields.month:02d}{fields.day:02d}"
    parts = [day, f"{fields.hour:02d}", fields.type, str(fields.media), fields.process, fields.frequency]
    return ("-" if style == "dashed" else "").join(part for part in parts if part)


def render_suffix(fields: NameFields) -> str:
    """The run suffix; empty for the first run of an hour."""
    return f".r{fields.run}" if fields.run > 1 else ""


def render(fields: NameFields, style: str = "compact") -> str:
    """The name of a file: ``2017040124F1W-All``, dashed ``20170401-24-F-1-W-All``.

    Raises ``NamingError`` when the data name cannot be written in the style.
    """
    data = check_data_name(fields.data, check_style(style))
    return f"{render_prefix(fields, style)}-{data}{render_suffix(fields)}"
