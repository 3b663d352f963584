# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook of the report, run by real Ansible versions (K5, P12.1, S6)."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
import typing as t
from pathlib import Path

import pytest
import yaml
from tests.support import facts_factory as make
from tests.support import facts_site

from ansible_run import Ansible, AnsibleRun

HOSTILE = "<script>{{ 7*7 }}</script>{% if %}"
GENERATED = "2026-11-21T00:10:00Z"


def render(ansible: Ansible, place: Path, hosts: list[t.Any], *arguments: str, **options: t.Any) -> AnsibleRun:
    """The role over facts that were filed as JSON."""
    (place / "facts.json").write_text(json.dumps(hosts), encoding="utf-8")
    variables = {
        "backup_report_dir": str(place / "out"),
        "backup_report_generated": GENERATED,
        "backup_report_facts": "{{ lookup('ansible.builtin.file', '" + str(place / "facts.json") + "') | from_json }}",
        "backup_timezone": "Asia/Jakarta",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        **options,
    }
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": variables,
        "roles": ["nusantara.backup.backup_report"],
        "post_tasks": [{"ansible.builtin.debug": {"msg": "selected {{ backup_report_selection | to_json }}"}}],
    }
    (place / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    return ansible.playbook(str(place / "play.yml"), *arguments, cwd=place)


@pytest.mark.debian13
def test_k5_the_role_writes_four_files_and_fails_the_play(ansible: Ansible, tmp_path: Path) -> None:
    done = render(ansible, tmp_path, facts_site.site())
    assert done.returncode == 2
    assert "tidak berhasil seluruhnya" in done.output and "Presensi (db1): gagal" in done.output
    assert re.search(r"Perizinan \(\w+\): tidak berjalan", done.output)
    assert re.search(r"\): (?:failed|missed|incomplete)\b", done.output) is None
    assert "host arsip1" in done.output
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [f"laporan-2026-11-20.{form}" for form in ("csv", "html", "json", "txt")]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o640}
    model = json.loads(files[2].read_text(encoding="utf-8"))
    assert model["summary"]["verdict"] == "failed" and model["language"] == "id"
    assert "[DEPRECATION" not in done.output and "[WARNING]: Encountered" not in done.output


@pytest.mark.debian13
def test_an_untroubled_night_ends_well_in_english(ansible: Ansible, tmp_path: Path) -> None:
    done = render(ansible, tmp_path, [make.host_with(make.run("SIMPEG"))], backup_language="en")
    assert done.returncode == 0, done.output
    assert "1 of 1 backups succeeded." in done.output
    assert '<html lang="en">' in (tmp_path / "out" / "laporan-2026-11-20.html").read_text(encoding="utf-8")


def test_a_bad_night_can_be_allowed_and_selected_by_jmespath(ansible: Ansible, tmp_path: Path) -> None:
    done = render(ansible, tmp_path, facts_site.site(), backup_report_fail=False)
    assert done.returncode == 0, done.output
    told = done.output.replace("\\", "")
    assert '"unencrypted": ["Situs"]' in told and '"one_building": ["Situs"]' in told


def test_the_same_facts_change_nothing_and_check_mode_writes_nothing(ansible: Ansible, tmp_path: Path) -> None:
    hosts = [make.host_with(make.run("SIMPEG"))]
    done = render(ansible, tmp_path, hosts, "--check")
    assert done.returncode == 0, done.output
    assert not (tmp_path / "out").exists()
    assert "changed=0" not in render(ansible, tmp_path, hosts).output
    assert "changed=0" in render(ansible, tmp_path, hosts).output


@pytest.mark.debian13
def test_words_of_hosts_are_never_templates(ansible: Ansible, tmp_path: Path) -> None:
    run = make.failed(HOSTILE, error=dict.fromkeys(("code", "message", "remedy", "detail"), HOSTILE))
    done = render(ansible, tmp_path, [make.host_with(run, host=HOSTILE)], backup_report_fail=False)
    assert done.returncode == 0, done.output
    for file in (tmp_path / "out").iterdir():
        text = file.read_text(encoding="utf-8")
        assert "49</script>" not in text and "{{ 7*7 }}" in text
    assert "<script" not in (tmp_path / "out" / "laporan-2026-11-20.html").read_text(encoding="utf-8")


def test_a_site_can_change_one_template(ansible: Ansible, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "signatures.html.j2").write_text("<p>Tanda tangan elektronik</p>", encoding="utf-8")
    hosts = [make.host_with(make.run("SIMPEG"))]
    done = render(ansible, tmp_path, hosts, backup_report_templates=[str(tmp_path / "own")])
    assert done.returncode == 0, done.output
    text = (tmp_path / "out" / "laporan-2026-11-20.html").read_text(encoding="utf-8")
    assert "Tanda tangan elektronik" in text and "Dibuat oleh" not in text


def test_nothing_to_report_on_is_said(ansible: Ansible, tmp_path: Path) -> None:
    done = render(ansible, tmp_path, [])
    assert done.returncode == 2
    assert "There is no host to report on" in done.output


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A host that answers, one whose configuration is refused, one that cannot be reached."""
    sqlite3.connect(tmp_path / "app.db").close()
    local = {
        "ansible_connection": "local",
        "ansible_become": False,
        "backup_store": str(tmp_path / "store"),
        "backup_state": str(tmp_path / "state"),
    }
    path = str(tmp_path / "app.db")
    source = {"name": "Presensi", "engine": "sqlite", "path": path, "frequency": "daily", "media": []}
    hosts = {
        "db1": local,
        "salah1": {**local, "backup_sources": [{"name": "Salah", "engine": "tidak-ada"}]},
        "arsip1": {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_common_args": "-o ConnectTimeout=2"},
    }
    site = {
        # Meant for the hosts: the report is written on the controller by whoever runs the play.
        "ansible_connection": "ssh",
        "ansible_become": True,
        "ansible_become_user": "nobody",
        "ansible_become_exe": "/nonexistent/sudo",
        "backup_timezone": "Asia/Jakarta",
        "backup_building": "A",
        "backup_encryption": "none",
        "backup_sources": [source],
        "backup_at": GENERATED,
        "backup_report_dir": str(tmp_path / "out"),
    }
    found = tmp_path / "hosts.yml"
    found.write_text(yaml.safe_dump({"all": {"vars": site, "hosts": hosts}}), encoding="utf-8")
    return found


@pytest.mark.debian13
def test_p12_1_the_playbook_reports_hosts_that_do_not_answer(ansible: Ansible, inventory: Path, tmp_path: Path) -> None:
    done = ansible.playbook("nusantara.backup.report", "-i", str(inventory), cwd=tmp_path)
    assert done.returncode == 2, done.output
    model = json.loads((tmp_path / "out" / "laporan-2026-11-20.json").read_text(encoding="utf-8"))
    assert {(row["host"], row["source"]): row["status"] for row in model["rows"]} == {
        ("db1", "Presensi"): "missed",
        ("salah1", "Salah"): "silent",
        ("arsip1", "Presensi"): "unreachable",
    }
    problems = {host["host"]: host["problem"] for host in model["hosts"]}
    assert "tidak-ada" in problems["salah1"] and problems["arsip1"] and not problems["db1"]


def test_a_controller_without_jmespath_is_told_what_to_install(ansible: Ansible, tmp_path: Path) -> None:
    (tmp_path / "shadow" / "jmespath").mkdir(parents=True)
    (tmp_path / "shadow" / "jmespath" / "__init__.py").write_text("raise ImportError('absent')", encoding="utf-8")
    command = [
        "localhost",
        "-m",
        "ansible.builtin.debug",
        "-a",
        "msg={{ {'a': 1} | nusantara.backup.backup_query('a') }}",
    ]
    told = ansible.run("ansible", *command, cwd=tmp_path)
    assert told.returncode == 0, told.output
    refused = ansible.run("ansible", *command, cwd=tmp_path, PYTHONPATH=str(tmp_path / "shadow"))
    assert refused.returncode != 0
    assert "python3 -m pip install jmespath" in refused.output


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        ("'rows[' | nusantara.backup.backup_query('rows[')", "cannot evaluate"),
        ("'no.such' | nusantara.backup.backup_phrase", "no phrase"),
        ("'status.success' | nusantara.backup.backup_phrase('fr')", "language"),
        ("'x' | nusantara.backup.backup_number", "needs a number"),
        ("true | nusantara.backup.backup_size", "needs a number"),
        ("'2026-02-30' | nusantara.backup.backup_date", "needs a date"),
        ("'2026-02-28' | nusantara.backup.backup_date('id', 'odd')", "style"),
        ("5 | nusantara.backup.backup_report", "list of hosts"),
        ("[] | nusantara.backup.backup_report(colour='red')", "colour"),
        ("[] | nusantara.backup.backup_report(language='fr')", "language"),
        ("[] | nusantara.backup.backup_report", "generated"),
        ("{} | nusantara.backup.backup_render('html')", "schema"),
    ],
)
def test_filters_say_what_is_wrong(ansible: Ansible, tmp_path: Path, expression: str, word: str) -> None:
    command = ["localhost", "-m", "ansible.builtin.debug", "-a", "msg={{ " + expression + " }}"]
    done = ansible.run("ansible", *command, cwd=tmp_path)
    assert done.returncode != 0
    assert word in done.output and "Traceback" not in done.output


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1234.5 | nusantara.backup.backup_number('id', 1)", "1.234,5"),
        ("317000000 | nusantara.backup.backup_size", "317 MB"),
        ("'2026-11-21' | nusantara.backup.backup_date", "Sabtu, 21 November 2026"),
        ("'status.success' | nusantara.backup.backup_phrase('en')", "succeeded"),
        ("'unit.hour' | nusantara.backup.backup_phrase('id', {'n': 3})", "3 jam"),
    ],
)
def test_filters_write_as_a_language_does(ansible: Ansible, tmp_path: Path, expression: str, result: str) -> None:
    command = ["localhost", "-m", "ansible.builtin.debug", "-a", "msg={{ " + expression + " }}"]
    done = ansible.run("ansible", *command, cwd=tmp_path)
    assert done.returncode == 0 and result in done.output
