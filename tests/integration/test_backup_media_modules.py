# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``backup_transfer`` and ``backup_checksum`` run by a real Ansible."""

from __future__ import annotations

import json
import os
import pathlib
import pwd
import typing as t

import pytest
from tests.support.mounts import mark, require_root
from tests.support.sets import HOST, MadeSet, make_key, make_set

from ansible_run import Ansible

NAME, OLDER = "2026112024F1D-SIMPEG", "2026111924F1D-SIMPEG"


class Host(t.NamedTuple):
    """One host's store, its media, and Ansible to work on it."""

    base: pathlib.Path
    made: MadeSet
    key: str
    ansible: Ansible

    def module(self, name: str, *flags: str, **options: t.Any) -> tuple[str, dict[str, t.Any]]:
        """The word that Ansible says and the result."""
        arguments = ["localhost", "-m", f"nusantara.backup.{name}", "-a", json.dumps(options), *flags]
        output = self.ansible.run("ansible", *arguments).output
        assert "Traceback" not in output, output
        word, arrow, result = output.partition(" => ")
        assert arrow, output
        return word.split(" | ")[1].strip("!"), json.loads(result)

    def transfer(self, *flags: str, **options: t.Any) -> tuple[str, dict[str, t.Any]]:
        media = [{"name": name, "path": str(self.base / name), "building": "B"} for name in ("nas", "usb")]
        given = {"store": str(self.base / "store"), "state": str(self.base / "state"), "media": media, **options}
        return self.module("backup_transfer", *flags, **given)

    def checksum(self, *flags: str, **options: t.Any) -> tuple[str, dict[str, t.Any]]:
        given = {"path": str(self.base / "store"), "signing_key": self.key, "host": HOST, **options}
        return self.module("backup_checksum", *flags, **given)


@pytest.fixture
def host(ansible: Ansible, tmp_path: pathlib.Path) -> Host:
    key = make_key(tmp_path)
    make_set(tmp_path / "store", "SIMPEG", OLDER, key=key)
    made = make_set(tmp_path / "store", "SIMPEG", NAME, key=key)
    (tmp_path / "state").mkdir()
    mark(tmp_path / "nas", "nas")
    mark(tmp_path / "usb", "usb")
    return Host(tmp_path, made, key, ansible)


def outcomes(result: dict[str, t.Any]) -> list[tuple[str, str, str]]:
    return [(copy["name"], copy["medium"], copy["outcome"]) for copy in result["copies"]]


def test_the_newest_set_goes_to_all_media_and_then_nothing_changes(host: Host) -> None:
    word, result = host.transfer("--check", signing_key=host.key, host=HOST)
    assert word == "CHANGED"
    assert [(entry["medium"], entry["action"]) for entry in result["plan"]] == [("nas", "copy"), ("usb", "copy")]
    assert os.listdir(host.base / "state") == []
    word, result = host.transfer(signing_key=host.key, host=HOST)
    assert (word, result["problems"]) == ("CHANGED", [])
    assert outcomes(result) == [(NAME, "nas", "verified"), (NAME, "usb", "verified")]
    word, result = host.transfer()
    assert word == "SUCCESS"
    assert outcomes(result) == [(NAME, "nas", "unchanged"), (NAME, "usb", "unchanged")]
    word, result = host.transfer(newest=False)
    assert word == "CHANGED"
    assert len(result["copies"]) == 4


def test_one_failing_medium_fails_the_task_in_words_and_the_other_has_its_copy(host: Host) -> None:
    (host.base / "usb").rename(host.base / "away")
    word, result = host.transfer()
    assert word == "FAILED"
    assert outcomes(result) == [(NAME, "nas", "verified"), (NAME, "usb", "failed")]
    assert "'usb' is not there" in result["msg"]
    assert result["changed"]
    assert result["copies"][1]["error"]["code"] == "medium.missing"
    assert not (host.base / "usb").exists()


def test_every_mistake_in_the_media_is_told_at_once(host: Host) -> None:
    media = [{"name": "../x", "path": "/mnt/../etc"}, {"name": "a", "path": "/a"}, {"name": "A", "path": "/b"}]
    word, result = host.transfer(media=media)
    assert word == "FAILED"
    assert [problem.split(":")[0] for problem in result["problems"]] == ["media[0].name", "media[0].path", "media"]


@pytest.mark.parametrize("options", [{"names": ["2026112124F1D-SIMPEG"]}, {"sources": ["Other"]}])
def test_what_is_not_in_the_store_cannot_be_copied(host: Host, options: dict[str, t.Any]) -> None:
    word, result = host.transfer(**options)
    assert (word, result["error"]["code"]) == ("FAILED", "store.no_set")


def test_a_sound_store_is_whole_and_the_result_is_kept(host: Host) -> None:
    word, result = host.checksum("--check", state=str(host.base / "state"))
    assert (word, result["whole"], result["counts"]["ok"]) == ("SUCCESS", True, 2)
    assert os.listdir(host.base / "state") == []
    word, result = host.checksum(state=str(host.base / "state"))
    assert (word, result["changed"], result["signatures_checked"]) == ("SUCCESS", False, True)
    assert os.listdir(host.base / "state") == ["verified.json"]


def test_an_absent_mount_is_not_called_a_whole_store(host: Host) -> None:
    (host.base / "point").mkdir()
    word, result = host.checksum(path=str(host.base / "point"), medium="nas")
    assert (word, result["error"]["code"]) == ("FAILED", "medium.not_mounted")
    word, result = host.checksum(path=str(host.base / "usb"), medium="nas")
    assert (word, result["error"]["code"]) == ("FAILED", "medium.other")
    word, result = host.checksum(path=str(host.base / "nas"), medium="nas")
    assert (word, result["whole"]) == ("SUCCESS", True)


def test_an_altered_set_fails_unless_only_asked(host: Host) -> None:
    host.made.artifact().write_bytes(b"?")
    word, result = host.checksum()
    assert word == "FAILED"
    assert (result["counts"]["altered"], result["counts"]["ok"]) == (1, 1)
    assert "never repair it" in result["msg"]
    word, result = host.checksum(fail=False)
    assert (word, result["whole"], len(result["problems"])) == ("SUCCESS", False, 1)


def test_owners_are_not_mixed(host: Host) -> None:
    require_root()
    nobody = pwd.getpwnam("nobody")
    for place in ("store", "state"):
        os.chown(host.base / place, nobody.pw_uid, nobody.pw_gid)
    for word, result in (host.transfer(), host.checksum()):
        assert (word, result["error"]["code"]) == ("FAILED", "owner.mixed")
        assert "become_user: nobody" in result["msg"]
