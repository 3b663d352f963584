# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the commands of the ansible-cores under test on this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

from checkout import ROOT, collections_path

COLLECTIONS = collections_path()


def cores() -> dict[str, Path]:
    """The ansible-cores to test with: version (or ``here``) to the directory of its commands, from ``NB_CORES``."""
    pairs = [pair.split("=", 1) for pair in os.environ.get("NB_CORES", "").split(",") if pair]
    return {version: Path(place) for version, place in pairs} or {"here": Path(sys.executable).parent}


CORES = cores()


class AnsibleRun(t.NamedTuple):
    """How an Ansible command ended; ``output`` holds standard output and standard error."""

    returncode: int
    output: str


class Ansible:
    """Runs the commands of one ansible-core on this checkout, away from the user's own configuration."""

    def __init__(self, bin_directory: Path, home: Path, collections: Path = COLLECTIONS) -> None:
        self.bin_directory = bin_directory
        self.environment = {
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
            "ANSIBLE_HOME": str(home / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_NOCOLOR": "True",
            "ANSIBLE_PIPELINING": "True",
            "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "PATH": f"{bin_directory}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }

    def run(self, command: str, *arguments: str, cwd: Path = ROOT, **environment: str) -> AnsibleRun:
        """``ansible-playbook``, ``ansible-doc``…; keywords are added to the environment."""
        done = subprocess.run(
            [str(self.bin_directory / command), *arguments],
            check=False,
            cwd=cwd,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return AnsibleRun(done.returncode, done.stdout)

    def playbook(self, *arguments: str, cwd: Path = ROOT, **environment: str) -> AnsibleRun:
        """``ansible-playbook`` with ``arguments``."""
        return self.run("ansible-playbook", *arguments, cwd=cwd, **environment)
