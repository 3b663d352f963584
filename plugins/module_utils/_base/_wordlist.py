# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs as lists of words: what may stand in one, so that nothing of it is ever read by a shell."""

from __future__ import annotations

import os
import re
import typing as t

from ._reader import Reader, shown

MOST_WORDS = 200
_LONGEST = 4096
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*\Z")
_SHELLS = frozenset({"ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "rbash", "sh", "tcsh", "zsh"})
_SCRIPT_OPTION = re.compile(r"-[A-Za-z]*c[A-Za-z]*\Z|--command(?:=|\Z)")
_SECRETS = (
    re.compile(r"--?(?:password|passwd|passphrase|secret|token|api-?key)=.", re.IGNORECASE),
    re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/@\s]*:[^/@\s]+@"),
)


def read_program(reader: Reader, key: str, *, required: bool = False) -> tuple[str, ...]:
    """The words of one program; empty where none is named. Problems go to the reader."""
    words = read_words(reader, key)
    if not words:
        if required or reader.has(key):
            reader.bad(key, "must name a program, as a list of words")
        return ()
    for text in program_problems(words[0]):
        reader.bad(f"{key}[0]", text)
    return words


def read_words(reader: Reader, key: str) -> tuple[str, ...]:
    """Words that can be handed to a program as they are."""
    words = reader.words(key, empty=True)
    if len(words) > MOST_WORDS:
        reader.bad(key, f"has {len(words)} words, and {MOST_WORDS} are the most")
    for number, word in enumerate(words):
        if len(word) > _LONGEST:
            reader.bad(f"{key}[{number}]", f"is longer than {_LONGEST} characters")
        if any(pattern.match(word) for pattern in _SECRETS):
            text = (
                "seems to hold a secret, and every user of the host can read the words of a program; let it read a file"
            )
            reader.bad(f"{key}[{number}]", text)
    at = shell_at(words)
    if at is not None:
        text = (
            "hands text to a shell, where a part of a pipe can fail unseen; write a script file that ends with its"
            " failures' status, and name that"
        )
        reader.bad(f"{key}[{at}]", text)
    return words


def program_problems(program: str) -> t.Iterator[str]:
    """Why a word cannot name a program."""
    absolute = program.startswith("/") and ".." not in program.split("/") and not program.endswith("/")
    if program and not absolute and not _PROGRAM.match(program):
        yield (
            f"{shown(program)} must be an absolute path without '..', or the name of a program;"
            " there is no shell, one word is one item"
        )


def shell_at(words: t.Sequence[str]) -> int | None:
    """Where a shell is told to run a text that is one of the words."""
    for number, word in enumerate(words[:-1]):
        if os.path.basename(word) in _SHELLS and _SCRIPT_OPTION.match(words[number + 1]):
            return number
    return None
