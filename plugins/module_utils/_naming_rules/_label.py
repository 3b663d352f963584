# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of media (P12.5): the name itself, or a shortened form that is known as one.

Three forms, told apart by the separator before the data name:

=========  ==========================================  =======================
form       built as                                    ``2017040124F1W-...``
=========  ==========================================  =======================
full       the name                                    one separator
shortened  prefix, two separators, beginning of the    two separators
           data name, separator, 8 hash characters
tight      stamp, type, 5 hash characters              none
=========  ==========================================  =======================

The hash is SHA-256 written in Crockford's base 32. In the shortened form it is
of data name and run, so that one source has the same mark every night; in the
tight form it is of the whole name.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re

from ._checks import check_number
from ._fields import NameFields
from ._render import render, render_prefix, render_suffix

ISO_LIMIT = 32
JOLIET_LIMIT = 16
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MARK = 8
_TIGHT_MARK = 5
_LIKE_A_FREQUENCY = re.compile(r"[DIWM]_", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Label:
    """The text of a label. ``full`` says that nothing of the name was left out."""

    text: str
    full: bool

    def __str__(self) -> str:
        return self.text


def _mark(text: str, characters: int) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode("ascii")).digest(), "big")
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in range(characters))


def _iso_keeps(fields: NameFields, style: str) -> bool:
    """ISO d-characters have neither hyphen nor dot: a-b and a_b, or M-W_x and M_W-x, would become one label."""
    reads_as_frequency = style == "dashed" and _LIKE_A_FREQUENCY.match(fields.data) is not None
    return "-" not in fields.data and fields.run == 1 and not reads_as_frequency


def _shortened(fields: NameFields, style: str, limit: int) -> str:
    prefix = render_prefix(fields, style)
    mark = _mark(fields.data + render_suffix(fields), _MARK)
    room = limit - len(prefix) - len("--") - len("-") - _MARK
    beginning = fields.data[: max(room, 0)].rstrip("-_")
    if beginning:
        return f"{prefix}--{beginning}-{mark}"
    return f"{prefix}--{mark}"


def _tight(fields: NameFields, name: str) -> str:
    stamp = f"{fields.year:04d}{fields.month:02d}{fields.day:02d}{fields.hour:02d}"
    return stamp + fields.type + _mark(name, _TIGHT_MARK)


def label(fields: NameFields, style: str = "compact", limit: int = 40, *, iso: bool = False) -> Label:
    """The label of at most ``limit`` characters (16 or more).

    With ``iso`` only A-Z, 0-9 and ``_`` are used (ISO 9660 d-characters). Data
    names that differ in more than their case have different labels; names
    that differ in case only cannot live in one site. Raises ``NamingError``.
    """
    check_number("limit", limit, JOLIET_LIMIT, 255)
    name = render(fields, style)
    full = len(name) <= limit and (not iso or _iso_keeps(fields, style))
    text = name if full else _shortened(fields, style, limit)
    if len(text) > limit:
        text = _tight(fields, name)
    if iso:
        text = text.upper().replace("-", "_")
    return Label(text, full)
