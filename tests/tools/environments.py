# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments in ``.cache/venvs``, rebuilt only when the text of their requirements changes.

``environments.py NAME FILE...`` makes one. ``environments.py cores`` makes one for each ansible-core that fits this
Python (the table in pyproject.toml) and ``list-cores`` prints them as ``2.16=/…/bin,2.19=/…/bin``.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from checkout import CACHE, ROOT

VENVS = CACHE / "venvs"
REQUIREMENTS = ROOT / "requirements"


def with_included(path: Path) -> list[Path]:
    """A requirement file and all that it draws in by ``-r`` and ``-c``."""
    found = [path]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(("-r ", "-c ")):
            found += with_included(path.parent / line[3:].strip())
    return found


def fingerprint(files: list[Path]) -> str:
    """Changes with the interpreter and with every requirement."""
    digest = hashlib.sha256(sys.version.encode())
    for path in files:
        for part in with_included(path):
            digest.update(part.read_bytes())
    return digest.hexdigest()


def make(name: str, files: list[Path]) -> None:
    """The environment ``name`` holding what ``files`` ask for; nothing is done when it already does."""
    place, stamp, wanted = VENVS / name, VENVS / f"{name}.stamp", fingerprint(files)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and (place / "bin" / "python").exists():
        return
    print(f"Making the Python environment {name}", flush=True)
    stamp.unlink(missing_ok=True)
    if place.exists():
        shutil.rmtree(place)
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    wishes = [argument for path in files for argument in ("-r", str(path))]
    pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, "install", "-qq", *wishes], check=True)
    stamp.write_text(wanted, encoding="utf-8")


def fitting_cores() -> list[str]:
    """The versions of ansible-core that this Python can run, by the table in pyproject.toml."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    cores: dict[str, list[str]] = table["tool"]["nusantara-backup"]["cores"]
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [core for core, pythons in cores.items() if mine in pythons]


def main(arguments: list[str]) -> int:
    match arguments:
        case ["cores"]:
            for core in fitting_cores():
                make(f"core-{core}", [REQUIREMENTS / f"core-{core}.txt"])
        case ["list-cores"]:
            print(",".join(f"{core}={VENVS / f'core-{core}' / 'bin'}" for core in fitting_cores()))
        case [name, *files] if files:
            make(name, [Path(path).resolve() for path in files])
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        print(f"environments.py: {error}", file=sys.stderr)
        sys.exit(1)
