# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every suite shares: where the collection lies, which ansible-core to run, and an account without rights."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from checkout import ROOT, collections_path
from hypothesis import settings

COLLECTIONS = collections_path()
sys.path.insert(0, str(COLLECTIONS))

# Two busy cores tell nothing about an example's speed; pytest-timeout catches what hangs.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


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
            "ANSIBLE_CONFIG": os.devnull,
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


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def collections() -> Path:
    """The directory below which the checkout is ``ansible_collections/nusantara/backup``."""
    return COLLECTIONS


@pytest.fixture(scope="session", params=sorted(CORES))
def core_bin(request: pytest.FixtureRequest) -> Path:
    """The commands of an ansible-core; a test that asks for it runs once for each version."""
    return CORES[request.param]


@pytest.fixture(scope="session")
def newest_core_bin() -> Path:
    """The commands of the newest ansible-core, for tests that its version cannot change."""
    return CORES[max(CORES)]


@pytest.fixture
def ansible(core_bin: Path, tmp_path: Path) -> Ansible:
    """Each ansible-core in turn, with a home of its own."""
    return Ansible(core_bin, tmp_path)


@pytest.fixture(scope="session")
def ordinary_user() -> pwd.struct_passwd:
    """An account without rights, made on first use: ``nbtest`` when root runs the tests, else who runs them."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    command = ["useradd", "--system", "--create-home", "--home-dir", "/var/lib/nbtest", "--shell", "/bin/sh", "nbtest"]
    if not any(account.pw_name == "nbtest" for account in pwd.getpwall()):
        subprocess.run(command, check=True)
    return pwd.getpwnam("nbtest")
