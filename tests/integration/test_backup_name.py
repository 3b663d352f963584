# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module and filters ``backup_name`` run by a real Ansible (P13.4)."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing as t

import pytest

HERE = pathlib.Path(__file__).resolve()
NAME = "2017040124F1W-All"


def collections_path() -> str:
    """The directory above ``ansible_collections``, or what the environment says."""
    for parent in HERE.parents:
        if parent.name == "ansible_collections":
            return str(parent.parent)
    return os.environ["NB_COLLECTIONS"]


def tool(name: str) -> str:
    """An Ansible program: from NB_ANSIBLE_BIN, beside the interpreter of the tests, else from PATH."""
    places = (os.environ.get("NB_ANSIBLE_BIN"), str(pathlib.Path(sys.executable).parent), os.environ.get("PATH"))
    found = next(filter(None, (shutil.which(name, path=place) for place in places if place)), None)
    assert found, f"{name} is needed: run the tests in the environment that has ansible-core"
    return found


def ansible(directory: pathlib.Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_") and key != "PYTHONPATH"
    }
    environment.update(
        ANSIBLE_COLLECTIONS_PATH=collections_path(),
        ANSIBLE_LOCAL_TEMP=str(directory / "local"),
        ANSIBLE_REMOTE_TEMP=str(directory / "remote"),
        ANSIBLE_HOME=str(directory / "home"),
        ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        ANSIBLE_NOCOLOR="true",
        LC_ALL="C.UTF-8",
    )
    return subprocess.run(
        [tool(program), *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def play(directory: pathlib.Path, tasks: list[dict[str, t.Any]], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tasks on this machine; JSON is YAML."""
    book = directory / "play.yml"
    hosts = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    local = {"ansible_python_interpreter": sys.executable}
    book.write_text(json.dumps([{**hosts, "vars": local, "tasks": tasks}]), encoding="utf-8")
    return ansible(directory, "ansible-playbook", *arguments, str(book))


def assertion(*conditions: str) -> dict[str, t.Any]:
    return {"ansible.builtin.assert": {"that": list(conditions)}}


@pytest.mark.parametrize("mode", [(), ("--check", "--diff")], ids=["run", "check-mode"])
def test_p13_the_module_takes_apart_and_makes_names(tmp_path: pathlib.Path, mode: tuple[str, ...]) -> None:
    fields = {"year": 2017, "month": 4, "day": 1, "hour": 24, "type": "F", "media": "disk", "frequency": "weekly"}
    done = play(
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
    assert done.returncode == 0, done.stdout + done.stderr


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
def test_p13_the_module_refuses_in_words(tmp_path: pathlib.Path, options: dict[str, str], message: str) -> None:
    done = play(
        tmp_path,
        [
            {"nusantara.backup.backup_name": options, "register": "refused", "ignore_errors": True},
            assertion("refused is failed", "wanted in refused.msg", "'Traceback' not in refused.msg"),
        ],
        "--extra-vars",
        json.dumps({"wanted": message}),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_p13_the_filters_go_both_ways(tmp_path: pathlib.Path) -> None:
    done = play(
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
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'2017040124f1W-All' | nusantara.backup.backup_name_parse", "The field 'type' is 'f'"),
        ("{'year': 2017} | nusantara.backup.backup_name", "The field 'month' is not given"),
        ("7 | nusantara.backup.backup_name_parse", "The field 'name' is 7"),
    ],
)
def test_p13_the_filters_refuse_in_words(tmp_path: pathlib.Path, expression: str, message: str) -> None:
    done = play(tmp_path, [{"ansible.builtin.debug": {"msg": "{{ " + expression + " }}"}}])
    output = done.stdout + done.stderr
    assert done.returncode == 2, output
    assert message in output and "Traceback" not in output


@pytest.mark.parametrize(
    ("kind", "plugin"), [("module", "backup_name"), ("filter", "backup_name"), ("filter", "backup_name_parse")]
)
def test_the_plugins_document_themselves(tmp_path: pathlib.Path, kind: str, plugin: str) -> None:
    done = ansible(tmp_path, "ansible-doc", "--json", "--type", kind, f"nusantara.backup.{plugin}")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)[f"nusantara.backup.{plugin}"]
    assert found["doc"]["version_added"] == "0.1.0"
    assert found["examples"] and found["return"]
