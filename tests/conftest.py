# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every suite shares: where the collection lies, which ansible-core to run, and an account without rights."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from ansible_run import COLLECTIONS, CORES, Ansible
from checkout import ROOT

sys.path.insert(0, str(COLLECTIONS))
# Programs that the tests write and start import the collection too.
os.environ["PYTHONPATH"] = str(COLLECTIONS)

# Two busy cores tell nothing about an example's speed; pytest-timeout catches what hangs.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


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
        # Another worker may make it at the same moment; whoever comes second is refused, and finds it made.
        subprocess.run(command, check=False)
    return pwd.getpwnam("nbtest")
