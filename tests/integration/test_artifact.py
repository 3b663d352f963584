# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built artifact holds what galaxy.yml allows, and works when it is installed alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from ansible_run import Ansible
from checkout import copy_listed, listed_files

pytestmark = pytest.mark.debian13

# What a user may find in an installed collection.
ALLOWED = re.compile(
    r"""(?x)
    MANIFEST\.json | FILES\.json | galaxy\.yml | README\.md | COPYING | requirements\.txt |
    LICENSES/[^/]+\.txt | meta/[^/]+\.yml | changelogs/.+\.ya?ml |
    docs/.+\.(?:md|json|png|svg)(?:\.license)? | playbooks/.+\.yml | roles/.+\.(?:yml|j2|md) |
    plugins/.+\.py(?:\.license)?
    """
)
NAMESPACE = "nusantara.backup"
PLAYBOOKS = [path.stem for path in listed_files() if path.match("playbooks/*.yml") and len(path.parts) == 2]
MODULES = [path.stem for path in listed_files() if path.match("plugins/modules/*.py")]
FILTERS = [path.stem for path in listed_files() if path.match("plugins/filter/*.py")]


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tarball, built from the listed files."""
    place = tmp_path_factory.mktemp("artifact")
    copy_listed(place / "source")
    built = Ansible(Path(sys.executable).parent, place).run(
        "ansible-galaxy", "collection", "build", "--output-path", str(place), cwd=place / "source"
    )
    assert built.returncode == 0, built.output
    (tarball,) = place.glob("nusantara-backup-*.tar.gz")
    return tarball


@pytest.fixture(scope="session")
def installed(artifact: Path, core_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Ansible:
    """Each ansible-core with the artifact, and nothing else, installed."""
    place = tmp_path_factory.mktemp("installed")
    ansible = Ansible(core_bin, place, collections=place / "collections")
    done = ansible.run(
        "ansible-galaxy",
        "collection",
        "install",
        "--offline",
        "--collections-path",
        str(place / "collections"),
        str(artifact),
        cwd=place,
    )
    assert done.returncode == 0, done.output
    return ansible


def test_it_holds_only_what_is_allowed(artifact: Path) -> None:
    with tarfile.open(artifact) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
    assert [name for name in names if not ALLOWED.fullmatch(name)] == []


def test_it_lacks_nothing_that_runs(artifact: Path) -> None:
    with tarfile.open(artifact) as archive:
        shipped = {member.name for member in archive.getmembers()}
    listed = {str(path) for path in listed_files() if path.parts[0] in {"meta", "playbooks", "plugins", "roles"}}
    assert listed - shipped == set()


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_each_playbook_is_found_and_parsed(installed: Ansible, playbook: str, tmp_path: Path) -> None:
    done = installed.playbook("--syntax-check", f"{NAMESPACE}.{playbook}", cwd=tmp_path)
    assert done.returncode == 0, done.output


@pytest.mark.parametrize(("kind", "names"), [("module", MODULES), ("filter", FILTERS)], ids=["modules", "filters"])
def test_each_plugin_is_documented(installed: Ansible, kind: str, names: list[str], tmp_path: Path) -> None:
    full = [f"{NAMESPACE}.{name}" for name in names]
    done = installed.run("ansible-doc", "--json", "--type", kind, *(full or ["--list", NAMESPACE]), cwd=tmp_path)
    assert done.returncode == 0, done.output
    assert sorted(json.loads(done.output)) == sorted(full)


def test_git_and_the_copy_agree(tmp_path: Path) -> None:
    copy_listed(tmp_path / "copy")
    found = subprocess.run(
        ["find", ".", "-type", "f", "-printf", "%P\\n"],
        check=True,
        cwd=tmp_path / "copy",
        stdout=subprocess.PIPE,
        text=True,
    )
    assert sorted(found.stdout.split()) == sorted(str(path) for path in listed_files())
