# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module and filters ``backup_name`` run by a real Ansible (P13.4)."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_run import Ansible, AnsibleRun

pytestmark = pytest.mark.debian13
NAME = "2017040124F1W-All"


def play(ansible: Ansible, directory: Path, tasks: list[dict[str, t.Any]], *arguments: str) -> AnsibleRun:
    """Run the tasks on this machine; JSON is YAML."""
    book = directory / "play.yml"
    hosts = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    book.write_text(json.dumps([{**hosts, "tasks": tasks}]), encoding="utf-8")
    return ansible.playbook(*arguments, str(book), cwd=directory)


def assertion(*conditions: str) -> dict[str, t.Any]:
    return {"ansible.builtin.assert": {"that": list(conditions)}}


@pytest.mark.parametrize("mode", [(), ("--check", "--diff")], ids=["run", "check-mode"])
def test_p13_the_module_takes_apart_and_makes_names(ansible: Ansible, tmp_path: Path, mode: tuple[str, ...]) -> None:
    fields = {"year": 2017, "month": 4, "day": 1, "hour": 24, "type": "F", "media": "disk", "frequency": "weekly"}
    done = play(
        ansible,
        tmp_path,
        [
            {"nusantara.backup.backup_name": {"name": NAME, "zone": "Asia/Jakarta"}, "register": "parsed"},
            assertion(
                "parsed is not changed",
                "parsed.style == 'compact'",
                "parsed.night == '2017-04-01'",
                "parsed.moment == '2017-04-02T00:00:00+07:00'",
                "parsed.fields.hour == 24",
                "parsed.fields.media == 1",
                "parsed.labels.iso == '2017040124F1W_ALL'",
                "parsed.labels.joliet | length == 16",
            ),
            {
                "nusantara.backup.backup_name": {"fields": {**fields, "data": "All"}, "style": "dashed"},
                "register": "made",
            },
            assertion("made.name == '20170401-24-F-1-W-All'", "made.moment is not defined"),
            {"nusantara.backup.backup_name": {"name": NAME, "medium": "tape"}, "register": "copy"},
            assertion("copy.name == '2017040124F3W-All'"),
        ],
        *mode,
    )
    assert done.returncode == 0, done.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "2017040100F1W-All"}, "The field 'hour' is 0. Allowed: 01 to 24"),
        ({"name": NAME + "\n"}, "The field 'data'"),
        ({"name": "{{ '../' }}" + NAME}, "The field 'year'"),
        ({"name": NAME, "zone": "WIB"}, "IANA name"),
        ({}, "one of the following is required: name, fields"),
    ],
)
def test_p13_the_module_refuses_in_words(
    ansible: Ansible, tmp_path: Path, options: dict[str, str], message: str
) -> None:
    done = play(
        ansible,
        tmp_path,
        [
            {"nusantara.backup.backup_name": options, "register": "refused", "ignore_errors": True},
            assertion("refused is failed", "wanted in refused.msg", "'Traceback' not in refused.msg"),
        ],
        "--extra-vars",
        json.dumps({"wanted": message}),
    )
    assert done.returncode == 0, done.output


def test_p13_the_filters_go_both_ways(ansible: Ansible, tmp_path: Path) -> None:
    done = play(
        ansible,
        tmp_path,
        [
            assertion(
                "(name | nusantara.backup.backup_name_parse).night == '2017-04-01'",
                "(name | nusantara.backup.backup_name_parse('compact')).style == 'compact'",
                "name | nusantara.backup.backup_name_parse | nusantara.backup.backup_name == name",
                "name | nusantara.backup.backup_name_parse | nusantara.backup.backup_name('dashed')"
                " == '20170401-24-F-1-W-All'",
                "name | nusantara.backup.backup_name_parse | combine({'media': 'tape'})"
                " | nusantara.backup.backup_name == '2017040124F3W-All'",
                "fields | nusantara.backup.backup_name == '2017040124F1W-All'",
            ),
        ],
        "--extra-vars",
        json.dumps(
            {
                "name": NAME,
                "text": "24",
                "fields": {
                    "year": 2017,
                    "month": "04",
                    "day": 1,
                    "hour": "{{ text }}",
                    "type": "F",
                    "media": "disk",
                    "frequency": "weekly",
                    "data": "All",
                },
            }
        ),
    )
    assert done.returncode == 0, done.output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'2017040124f1W-All' | nusantara.backup.backup_name_parse", "The field 'type' is 'f'"),
        ("{'year': 2017} | nusantara.backup.backup_name", "The field 'month' is not given"),
        ("7 | nusantara.backup.backup_name_parse", "The field 'name' is 7"),
    ],
)
def test_p13_the_filters_refuse_in_words(ansible: Ansible, tmp_path: Path, expression: str, message: str) -> None:
    done = play(ansible, tmp_path, [{"ansible.builtin.debug": {"msg": "{{ " + expression + " }}"}}])
    assert done.returncode == 2, done.output
    assert message in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("kind", "plugin"), [("module", "backup_name"), ("filter", "backup_name"), ("filter", "backup_name_parse")]
)
def test_the_plugins_document_themselves(ansible: Ansible, tmp_path: Path, kind: str, plugin: str) -> None:
    done = ansible.run("ansible-doc", "--json", "--type", kind, f"nusantara.backup.{plugin}", cwd=tmp_path)
    assert done.returncode == 0, done.output
    found = json.loads(done.output)[f"nusantara.backup.{plugin}"]
    assert found["doc"]["version_added"] == "0.1.0"
    assert found["examples"] and found["return"]
