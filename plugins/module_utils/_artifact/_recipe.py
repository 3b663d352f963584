# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to open an artifact with stock tools alone, as it stands in its manifest.

The lines are for a POSIX shell with four parameters: KEY (file with an age
identity), FILE (the artifact, whatever its name on the medium), PLAIN (where
the plain file shall lie) and TARGET (a new database or an empty directory).
"""

from __future__ import annotations

import shlex
import typing as t

from .._base._model import Protection

PARAMETERS = {
    "KEY": "file that holds an age identity of one of the recipients",
    "FILE": "the artifact; a copy on another medium may have another digit in its name",
    "PLAIN": "where the plain file shall be written",
    "TARGET": "a new, empty database, or an existing empty directory",
}
_WORDS = {"{input}": '"$PLAIN"', "{target}": '"$TARGET"'}


def recipe(protection: Protection, restore: t.Sequence[str]) -> dict[str, str]:
    """``open`` writes the plain file; ``use`` puts it back, or looks at it, with the engine's own tool."""
    words = " ".join(_quoted(word) for word in restore)
    if "{input}" not in restore:
        words += ' < "$PLAIN"'
    return {"open": _opening(protection), "use": words}


def _opening(protection: Protection) -> str:
    stages = []
    if protection.encryption == "age":
        stages.append('age --decrypt -i "$KEY" -- "$FILE"')
    if protection.compression != "none":
        stages.append(f"{protection.compression} -d -c" + ("" if stages else ' -- "$FILE"'))
    if not stages:
        return 'cp -- "$FILE" "$PLAIN"'
    return " | ".join(stages) + ' > "$PLAIN"'


def _quoted(word: str) -> str:
    for token, parameter in _WORDS.items():
        if word.endswith("=" + token):
            return shlex.quote(word[: -len(token)]) + parameter
    return _WORDS.get(word) or shlex.quote(word)
