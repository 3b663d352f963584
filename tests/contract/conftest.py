# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the suites of this directory work."""

from __future__ import annotations

import pathlib
import shutil
import tempfile
import typing as t

import pytest


@pytest.fixture
def place() -> t.Iterator[pathlib.Path]:
    """A directory that every user may enter, which pytest's own is not."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="engine-"))
    directory.chmod(0o755)
    for name in ("source", "plain", "restored", "again"):
        (directory / name).mkdir()
    yield directory
    shutil.rmtree(directory)
