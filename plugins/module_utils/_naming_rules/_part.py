# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the parts of a set: ``<name>.<part>.<kind>``, whatever a database is called."""

from __future__ import annotations

import hashlib
import re

from ._checks import refusal

MAX_PART = 60
_MARK = 8
# Words that mean something else at the place of a part.
RESERVED_PARTS = frozenset(
    {"accounts", "globals", "views", "manifest", "part", "delta", "zst", "gz", "age", "json", "sig"}
)
_PLAIN = re.compile(r"[a-z0-9_][a-z0-9_-]{0,59}")
_LIKE_A_RUN = re.compile(r"r[0-9]+")
_LIKE_A_MARK = re.compile(r".*-[0-9a-f]{8}")
_OTHER = re.compile(r"[^a-z0-9_-]+")


def part_label(name: object) -> str:
    """The part of a file name for a database: 1 to 60 characters of a-z, 0-9, ``_`` and ``-``.

    A name that is one already stays as it is. Any other becomes a readable
    beginning, a hyphen and 8 hex digits of the SHA-256 of the name: upper case,
    other characters, reserved words, and names that look like a run suffix or
    like such a mark. So names that differ never share a file, also on stores
    that ignore case. Raises ``NamingError`` for no text and for empty text.
    """
    if not isinstance(name, str) or not name:
        raise refusal("part", name, "the name of a database, not empty")
    if _PLAIN.fullmatch(name) and name not in RESERVED_PARTS and not _taken(name):
        return name
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK]
    slug = _OTHER.sub("_", name.lower())[: MAX_PART - _MARK - 1].strip("-_")
    return f"{slug or 'x'}-{mark}"


def _taken(name: str) -> bool:
    return _LIKE_A_RUN.fullmatch(name) is not None or _LIKE_A_MARK.fullmatch(name) is not None
