# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ``ansible-test sanity`` on a copy of the listed files, for each ansible-core given as ``2.19=/…/bin`` at once.

No container and no download beside Python packages: the bootstrap of pip that ansible-test would fetch is written
here from the standard library. Each version has a copy and a home of its own in ``.cache``, so its environments are
kept between runs and the user's own home stays as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checkout import CACHE, NAMESPACE, copy_listed

PLACES = CACHE / "sanity"
BOOTSTRAP = "import ensurepip\n\nensurepip.bootstrap()\n"


def pip_versions(bin_directory: Path) -> list[str]:
    """The versions of pip that this ansible-test may want to bootstrap, read from its own source."""
    source = next(bin_directory.parent.glob("lib/python3*/site-packages/ansible_test/_internal/python_requirements.py"))
    versions = re.findall(r"\bpip='([0-9.]+)'", source.read_text(encoding="utf-8"))
    if not versions:
        raise SystemExit(f"{source} does not name the version of pip that it bootstraps")
    return versions


def prepare_home(home: Path, versions: list[str]) -> None:
    """A home with the bootstrap script and the user's own configuration of pip."""
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(BOOTSTRAP, encoding="utf-8")
    settings, link = Path.home() / ".config" / "pip", home / ".config" / "pip"
    if settings.is_dir() and not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(settings, target_is_directory=True)


def sanity(core: str, bin_directory: Path, arguments: list[str]) -> int:
    """One run; its exit status."""
    home, copy = PLACES / core / "home", PLACES.joinpath(core, *NAMESPACE)
    prepare_home(home, pip_versions(bin_directory))
    copy_listed(copy)
    subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
    command = [str(bin_directory / "ansible-test"), "sanity", "--color", "no", "--requirements", *arguments]
    done = subprocess.run(
        command,
        check=False,
        cwd=copy,
        env={**os.environ, "HOME": str(home), "PATH": f"{bin_directory}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    told = done.stdout if done.returncode else summary(done.stdout)
    print(f"ansible-test sanity, ansible-core {core}\n{told}", flush=True)
    return done.returncode


def summary(output: str) -> str:
    """What a run that passed has to say: how many tests, and which were left out and why."""
    count = len(re.findall(r'^Running sanity test "', output, re.MULTILINE))
    left_out = sorted(set(re.findall(r"^WARNING: (Skipping .*)$", output, re.MULTILINE)))
    return "\n".join([f"  {count} sanity tests passed", *(f"  {line}" for line in left_out)])


def main(cores: str, *arguments: str) -> int:
    pairs = [pair.split("=", 1) for pair in cores.split(",")]
    with ThreadPoolExecutor() as pool:
        return max(pool.map(lambda pair: sanity(pair[0], Path(pair[1]), list(arguments)), pairs))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
