# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built artifact holds what galaxy.yml allows, and works when it is installed alone."""

from __future__ import annotations

import json
import re
import sqlite3
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
CLOCK = ["--extra-vars", "backup_at=2026-11-21T00:10:00+07:00"]
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


def test_it_lacks_nothing_that_runs_or_is_read(artifact: Path) -> None:
    with tarfile.open(artifact) as archive:
        shipped = {member.name for member in archive.getmembers()}
    # The pages are shipped too: messages and manifests send people to them, and the manifest's schema is one.
    shown = {"docs", "meta", "playbooks", "plugins", "roles"}
    listed = {str(path) for path in listed_files() if path.parts[0] in shown}
    assert "docs/manifest.schema.json" in listed
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


def small_site(place: Path) -> Path:
    """An inventory of this machine as its only host: one SQLite database, one disk that carries our marker."""
    for name in ("store", "state", "disk"):
        (place / name).mkdir(mode=0o700)
    (place / "disk" / ".nusantara-backup-medium").write_text('{"name": "disk"}', encoding="utf-8")
    connection = sqlite3.connect(place / "people.db")
    with connection:
        connection.execute("CREATE TABLE people (name TEXT)")
        connection.execute("INSERT INTO people VALUES ('Sekar')")
    connection.close()
    subprocess.run(["age-keygen", "-o", str(place / "key")], check=True, stderr=subprocess.DEVNULL)
    public = subprocess.run(["age-keygen", "-y", str(place / "key")], check=True, stdout=subprocess.PIPE, text=True)
    variables = {
        "ansible_connection": "local",
        "backup_recipients": [public.stdout.strip()],
        "backup_store": str(place / "store"),
        "backup_state": str(place / "state"),
        "backup_media": [{"name": "disk", "kind": "disk", "path": str(place / "disk"), "building": "B"}],
        "backup_sources": [
            {
                "name": "People",
                "engine": "sqlite",
                "path": str(place / "people.db"),
                "media": ["disk"],
                "frequency": "daily",
            }
        ],
    }
    inventory = place / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"here": variables}}}), encoding="utf-8")
    return inventory


def test_a_night_runs_from_the_artifact_alone(installed: Ansible, tmp_path: Path) -> None:
    """P12.1, P12.2, K5: backed up, read again where it lies and reported, by what a user installs."""
    inventory = small_site(tmp_path)
    for playbook in ("backup", "verify", "report"):
        arguments = ["-i", str(inventory), *CLOCK, f"{NAMESPACE}.{playbook}"]
        done = installed.playbook(*arguments, cwd=tmp_path, PWD=str(tmp_path))
        assert done.returncode == 0, done.output
    for place in ("store", "disk"):
        assert list((tmp_path / place).rglob("2026112024F1D-People.*.zst.age")), f"no artifact in {place}"
    (page,) = (tmp_path / "laporan").glob("*.html")
    assert "berhasil" in page.read_text(encoding="utf-8")


def test_a_failed_night_fails_the_play_and_leaves_no_artifact(installed: Ansible, tmp_path: Path) -> None:
    inventory = small_site(tmp_path)
    (tmp_path / "people.db").write_bytes(b"not a database" * 100)
    done = installed.playbook("-i", str(inventory), *CLOCK, f"{NAMESPACE}.backup", cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.output
    assert list(tmp_path.rglob("*.age")) == []


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
