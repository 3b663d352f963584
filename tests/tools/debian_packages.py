# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the Debian packages that the given lists name and the machine lacks; without root, name them and stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def read_list(path: Path) -> list[str]:
    """The names in a list: one a line, ``#`` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def missing(names: list[str]) -> list[str]:
    """Those of ``names`` that dpkg does not hold as installed."""
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n", "--", *names]
    answer = subprocess.run(query, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    installed = {line.split()[1] for line in answer.splitlines() if line.startswith("installed ")}
    return [name for name in names if name not in installed]


def install(names: list[str]) -> int:
    """Let apt install ``names``; its exit status. What it says is shown when it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "--", *names]):
        done = subprocess.run(
            ["apt-get", "--quiet", *command],
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    return done.returncode


def main(lists: list[str]) -> int:
    names = sorted({name for path in lists for name in read_list(Path(path))})
    if shutil.which("dpkg-query") is None:
        print("This is not a Debian machine. Install what these packages hold: " + " ".join(names), file=sys.stderr)
        return 1
    lacking = missing(names)
    if not lacking:
        return 0
    if os.geteuid() != 0:
        print(
            "Debian packages are missing and only root can install them. Run as root, then start again:\n"
            "  apt-get install --no-install-recommends " + " ".join(lacking),
            file=sys.stderr,
        )
        return 1
    print("Installing Debian packages: " + " ".join(lacking), flush=True)
    return install(lacking)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
