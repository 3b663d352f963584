# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Foreign text as it may stand in messages, journals and on terminals.

File names, names in databases and the words of programs are anything:
escapes that rewrite a terminal, marks that turn text around, bytes that are
not UTF-8, megabytes in one line. Everything that is said to people passes
here once, where errors and findings are made.
"""

from __future__ import annotations

import math
import re
import typing as t

LINE_LIMIT = 4096
BLOCK_LIMIT = 64 * 1024
# Control characters, those that turn the direction of text around, and bytes that are not UTF-8.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNFIT_BLOCK = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SPACES = re.compile(r"[\t\n\r\x0b\x0c]+ *")
# A private key that somebody put where another value belongs: not one letter of it is repeated.
_KEY = re.compile(r"(AGE-SECRET-KEY-)[A-Z0-9]+", re.IGNORECASE)


def fits(value: str) -> bool:
    """Whether text can be printed and stored as it is: no control character, nothing that turns its direction."""
    return _UNFIT.search(value) is None


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Text as one printable line: what is not printable stands as ``\\x1b``, and what is too long is cut."""
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    if not fits(text):
        text = _UNFIT.sub(_escaped, _SPACES.sub(" ", text))
    return _KEY.sub(r"\1…", text)


def block(text: str, limit: int = BLOCK_LIMIT) -> str:
    """The same for text of several lines: newlines and tabs stay; the first and the last part are kept."""
    if len(text) > limit:
        text = text[: limit // 2] + "\n…\n" + text[-limit // 2 :]
    return _KEY.sub(r"\1…", _UNFIT_BLOCK.sub(_escaped, text.replace("\r\n", "\n")))


def harmless(value: t.Any) -> t.Any:
    """The same JSON value with all its texts made printable; what is no number of JSON is None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return block(value)
    if isinstance(value, dict):
        return {one_line(key): harmless(item) for key, item in value.items()}
    return [harmless(item) for item in value] if isinstance(value, list) else value


def shown_path(path: str) -> str:
    """A path as it may stand in a message: one that is not plain ASCII is quoted and escaped."""
    return path if path.isprintable() and path.isascii() else ascii(path)


def _escaped(match: re.Match[str]) -> str:
    """A byte that was no UTF-8 (Python holds it as a lone surrogate) stands as that byte."""
    number = ord(match.group())
    number = number - 0xDC00 if 0xDC80 <= number <= 0xDCFF else number
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
