# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names with everything in them: refused where they are names, harmless where they are text."""

from __future__ import annotations

import json
import pathlib

import pytest
from tests.support.postgres import Cluster

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ConfigError
from ansible_collections.nusantara.backup.plugins.module_utils._site._site_args import site_of
from ansible_run import Ansible

from .gate import Gate, opens
from .lab import CLEAR, Lab, moment

HOSTILE = {
    "quotes": "a'b\"c",
    "semicolon": "a; touch pwned",
    "substitution": "$(touch pwned)`touch pwned`",
    "template": "{{ lookup('pipe', 'touch pwned') }}",
    "option": "-rf",
    "parent": "../../pwned",
    "absolute": "/pwned",
    "newline": "a\nb",
    "nul": "a\x00b",
    "escape": "a\x1b[31mb",
    "direction": "a\u202eb",
    "surrogate": "a\udc80b",
    "not ascii": "Kepegawaian é 日本",
    "percent": "%s%n${HOME}",
    "wildcard": "*",
    "long": "x" * 5000,
    "space": " ",
}


REFUSED_AS_TEXT = ("newline", "nul", "escape", "direction", "surrogate")


def traceless(lab: Lab, said: str) -> None:
    assert "Traceback" not in said, said
    assert not [path for path in lab.root.rglob("*pwned*") if path.name == "pwned"]
    assert not pathlib.Path("pwned").exists() and not pathlib.Path("/pwned").exists()
    assert "\x1b" not in said and "\u202e" not in said and "\x00" not in said


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_fields_of_the_configuration(lab: Lab, kind: str) -> None:
    """Names and paths are refused, each with its path."""
    value = HOSTILE[kind]
    lab.sqlite()
    lab.config["host"] = value
    lab.config["timezone"] = value
    lab.options("Pegawai")["media"] = [value + "x"]
    lab.options("Pegawai")["name"] = value
    lab.config["media"][0]["name"] = value
    lab.source("Simpeg", engine="postgresql", database="x", host=value, media=[])
    with pytest.raises(ConfigError) as caught:
        site_of({**lab.config, "at": moment(1)})
    problems = caught.value.problems
    for path in ("host", "timezone", "sources[0].name", "media[0].name", "sources[0].media[0]"):
        assert any(line.startswith(f"{path}: ") for line in problems), (path, problems)
    traceless(lab, "\n".join(problems))


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if kind not in REFUSED_AS_TEXT])
def test_hostile_text_is_only_text(lab: Lab, kind: str) -> None:
    """Descriptions and buildings stand in the manifest as they were given, and paths lead where they say."""
    value = HOSTILE[kind]
    lab.config["building"] = value
    lab.config["media"][0]["building"] = value
    name = value.replace("/", "_")[:80].replace("..", "__") or "x"
    path = lab.tree()
    odd = path.rename(path.parent / name)
    (odd / name).write_text(CLEAR, encoding="utf-8")
    lab.options("Situs").update(path=str(odd), description=value)
    done = lab.run(night=1)
    traceless(lab, done.said)
    assert done.status == 0, done.said
    (place,) = lab.store.glob("Situs/*")
    manifest = json.loads((place / f"{place.name}.manifest.json").read_text(encoding="utf-8"))
    assert manifest["description"] == value and manifest["building"] == value
    opens(lab, place)


def test_hostile_names_of_databases(lab: Lab, cluster: Cluster) -> None:
    """All in one source: each is dumped, or missed, by its very name."""
    names = [HOSTILE[kind] for kind in ("quotes", "substitution", "option", "template", "not ascii", "parent")]
    lab.source("Simpeg", engine="postgresql", databases=names, **cluster.options())
    for name in names:
        cluster.create(name)
    try:
        done = lab.run(night=1)
        traceless(lab, done.said)
        assert done.status == 0, done.said
        (place,) = lab.store.glob("Simpeg/*")
        manifest = json.loads((place / f"{place.name}.manifest.json").read_text(encoding="utf-8"))
        assert {entry["database"] for entry in manifest["files"]} - {""} == set(names)
        Gate(lab).healed(night=2)
        lab.options("Simpeg")["databases"] = [names[0] + "'x"]
        done = lab.run(night=3)
        assert done.status == 1
        traceless(lab, done.said)
    finally:
        for name in names:
            cluster.drop(name)


# What Ansible itself renders or refuses in arguments from its command line.
ANSIBLES = ("template", "surrogate")


def test_hostile_fields_by_the_module(lab: Lab, ansible: Ansible) -> None:
    """All at once through Ansible: every one is named, none is run or written."""
    lab.sqlite()
    good = lab.options("Pegawai")
    lab.config["sources"] = [{**good, "name": value} for kind, value in HOSTILE.items() if kind not in ANSIBLES]
    lab.config["host"] = HOSTILE["substitution"]
    lab.config["media"] = [{"name": HOSTILE["semicolon"], "kind": "disk", "path": HOSTILE["parent"]}]
    arguments = json.dumps({**lab.config, "at": moment(1)})
    done = ansible.run("ansible", "localhost", "-m", "nusantara.backup.backup_run", "-a", arguments, cwd=lab.root)
    assert done.returncode != 0
    assert "Traceback" not in done.output
    assert not list(lab.root.rglob("pwned")) and not lab.state.exists()
    for path in ("host: ", "media[0].name: ", *(f"sources[{n}].name: " for n in range(len(lab.config["sources"])))):
        assert path in done.output, (path, done.output)
