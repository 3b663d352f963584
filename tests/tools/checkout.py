# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout that the tools and the guards work on: its files, and its place below ``ansible_collections``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
NAMESPACE = ("ansible_collections", "nusantara", "backup")


def listed_files(root: Path = ROOT) -> list[Path]:
    """The files of the checkout that git knows or would add, relative, without those that were deleted."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    paths = {Path(name.decode()) for name in listing.split(b"\0") if name}
    return sorted(path for path in paths if (root / path).is_file())


def copy_listed(destination: Path) -> None:
    """Make ``destination`` a copy of the listed files and of nothing else."""
    if destination.exists():
        shutil.rmtree(destination)
    for path in listed_files():
        target = destination / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target)


def collections_path() -> Path:
    """A directory below which this checkout is ``ansible_collections/nusantara/backup``, by a link in ``.cache``."""
    link = CACHE.joinpath("collections", *NAMESPACE)
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.resolve() != ROOT:
        # ansible-galaxy called in a checkout installs into this place.
        shutil.rmtree(link) if link.is_dir() and not link.is_symlink() else link.unlink(missing_ok=True)
        link.symlink_to(Path("../../../.."), target_is_directory=True)
    return CACHE / "collections"


if __name__ == "__main__":
    print(collections_path())
