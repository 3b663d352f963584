# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ``ansible-test sanity`` on a copy of the listed files, once for each ansible-core given as ``2.19=/…/bin``.

No container and no download beside Python packages: the bootstrap of pip that ansible-test would fetch is written
here from the standard library. Its home is in ``.cache``, so its environments are kept between runs and the user's
own home stays as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from checkout import CACHE, NAMESPACE, copy_listed

HOME = CACHE / "sanity" / "home"
COPY = CACHE.joinpath("sanity", *NAMESPACE)
BOOTSTRAP = "import ensurepip\n\nensurepip.bootstrap()\n"


def pip_versions(bin_directory: Path) -> list[str]:
    """The versions of pip that this ansible-test may want to bootstrap, read from its own source."""
    source = next(bin_directory.parent.glob("lib/python3*/site-packages/ansible_test/_internal/python_requirements.py"))
    versions = re.findall(r"\bpip='([0-9.]+)'", source.read_text(encoding="utf-8"))
    if not versions:
        raise SystemExit(f"{source} does not name the version of pip that it bootstraps")
    return versions


def prepare_home(versions: list[str]) -> None:
    """A home with the bootstrap script and the user's own configuration of pip."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(BOOTSTRAP, encoding="utf-8")
    settings, link = Path.home() / ".config" / "pip", HOME / ".config" / "pip"
    if settings.is_dir() and not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(settings, target_is_directory=True)


def sanity(core: str, bin_directory: Path, arguments: list[str]) -> int:
    """One run; its exit status."""
    prepare_home(pip_versions(bin_directory))
    copy_listed(COPY)
    subprocess.run(["git", "init", "--quiet", str(COPY)], check=True)
    print(f"ansible-test sanity, ansible-core {core}", flush=True)
    command = [str(bin_directory / "ansible-test"), "sanity", "--color", "no", "--requirements", *arguments]
    done = subprocess.run(
        command,
        check=False,
        cwd=COPY,
        env={**os.environ, "HOME": str(HOME), "PATH": f"{bin_directory}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(done.stdout if done.returncode else summary(done.stdout), flush=True)
    return done.returncode


def summary(output: str) -> str:
    """What a run that passed has to say: how many tests, and which were left out and why."""
    count = len(re.findall(r'^Running sanity test "', output, re.MULTILINE))
    left_out = sorted(set(re.findall(r"^WARNING: (Skipping .*)$", output, re.MULTILINE)))
    return "\n".join([f"  {count} sanity tests passed", *(f"  {line}" for line in left_out)])


def main(cores: str, *arguments: str) -> int:
    pairs = [pair.split("=", 1) for pair in cores.split(",")]
    return max(sanity(core, Path(bin_directory), list(arguments)) for core, bin_directory in pairs)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
