# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cases of engines share."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import re
import subprocess
import typing as t

HOSTILE_NAMES = (
    "with space",
    "-rf",
    "--checkpoint-action=exec=id",
    "quote'\"",
    "semi;colon",
    "$(id)`id`",
    "per%cent?query#hash",
    "star*[a]",
    "back\\slash",
    "{input}",
    "añjing-データ",
)


@contextlib.contextmanager
def as_stranger(top: pathlib.Path) -> t.Iterator[None]:
    """Nobody may write below ``top``, and where we are root we are somebody else meanwhile."""
    modes = {path: path.stat().st_mode for path in (top, *sorted(top.rglob("*"))) if not path.is_symlink()}
    for path, mode in modes.items():
        path.chmod((mode | 0o444 | (0o111 if path.is_dir() else 0)) & ~0o222)
    try:
        with nobody():
            yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@contextlib.contextmanager
def nobody() -> t.Iterator[None]:
    """Act as the user nobody where we are root."""
    if os.geteuid() != 0:
        yield
        return
    groups = os.getgroups()
    user = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def run_words(words: t.Sequence[str], plain: pathlib.Path, directory: pathlib.Path, harmless: str = "(?!)") -> str:
    """Run the restore words of a stream in a directory, as a person with the manifest would.

    Nothing may be on stderr but lines in which ``harmless``, an expression, is found.
    """
    argv = [str(plain) if word == "{input}" else word.replace("{target}", str(directory)) for word in words]
    with plain.open("rb") as stream:
        done = subprocess.run(argv, stdin=stream, cwd=directory, capture_output=True, check=False, text=True)
    said = [line for line in done.stderr.splitlines() if not re.search(harmless, line)]
    assert (done.returncode, said) == (0, [])
    return done.stdout
