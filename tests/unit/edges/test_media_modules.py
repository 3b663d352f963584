# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``backup_transfer`` and ``backup_checksum`` from their options to their results, without Ansible around them."""

from __future__ import annotations

import os
import pathlib
import pwd
import typing as t

import pytest
from tests.support.mounts import mark
from tests.support.sets import HOST, MadeSet, allowed_signers, make_key, make_set

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, ConfigError
from ansible_collections.nusantara.backup.plugins.module_utils._edges import _checksum_module, _transfer_module

NAME, OLDER, OTHER = "2026112024F1D-SIMPEG", "2026111924F1D-SIMPEG", "2026112024F1D-Situs"
Options = dict[str, t.Any]


class Host(t.NamedTuple):
    """A host with sets of two sources and two media."""

    base: pathlib.Path
    made: MadeSet
    key: str

    def transfer(self, check_mode: bool = False, **options: t.Any) -> Options:
        media = [{"name": name, "kind": "disk", "path": str(self.base / name), "building": "B"} for name in self.media]
        given = {"store": str(self.base / "store"), "state": str(self.base / "state"), "media": media, **options}
        return _transfer_module.transfer_result(filled(_transfer_module.argument_spec(), given), check_mode=check_mode)

    def checksum(self, check_mode: bool = False, **options: t.Any) -> Options:
        given = {"path": str(self.base / "store"), "signing_key": self.key, "host": HOST, **options}
        return _checksum_module.checksum_result(filled(_checksum_module.argument_spec(), given), check_mode=check_mode)

    @property
    def media(self) -> tuple[str, str]:
        return ("nas", "usb")


def filled(spec: Options, given: Options) -> Options:
    """The options as Ansible hands them over."""
    return {**{name: option.get("default") for name, option in spec.items()}, **given}


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    key = make_key(tmp_path)
    make_set(tmp_path / "store", "SIMPEG", OLDER, key=key)
    make_set(tmp_path / "store", "Situs", OTHER, key=key)
    made = make_set(tmp_path / "store", "SIMPEG", NAME, key=key)
    (tmp_path / "state").mkdir()
    for name in ("nas", "usb"):
        mark(tmp_path / name, name)
    return Host(tmp_path, made, key)


def outcomes(result: Options) -> list[tuple[str, str, str]]:
    return [(copy["name"], copy["medium"], copy["outcome"]) for copy in result["copies"]]


def test_the_newest_of_each_source_goes_to_all_media_and_then_nothing_changes(host: Host) -> None:
    planned = host.transfer(check_mode=True)
    wanted = [(name, medium) for name in (NAME, OTHER) for medium in host.media]
    assert [(entry["name"], entry["medium"]) for entry in planned["plan"]] == wanted
    assert {entry["action"] for entry in planned["plan"]} == {"copy"}
    assert (planned["changed"], planned["copies"], os.listdir(host.base / "state")) == (True, [], [])
    done = host.transfer(signing_key=host.key, host=HOST)
    assert outcomes(done) == [(name, medium, "verified") for name, medium in wanted]
    assert (done["changed"], done["problems"], "failed" in done) == (True, [], False)
    assert [copy["source"] for copy in done["copies"]] == ["SIMPEG", "SIMPEG", "Situs", "Situs"]
    again = host.transfer()
    assert outcomes(again) == [(name, medium, "unchanged") for name, medium in wanted]
    assert not again["changed"]
    assert not host.transfer(check_mode=True)["changed"]


def test_all_sets_or_those_that_are_named(host: Host) -> None:
    everything = host.transfer(check_mode=True, newest=False)["plan"]
    assert [entry["name"] for entry in everything][::2] == [OLDER, NAME, OTHER]
    named = host.transfer(check_mode=True, names=[OLDER])["plan"]
    assert [entry["name"] for entry in named] == [OLDER, OLDER]
    of_one = host.transfer(check_mode=True, sources=["Situs"])["plan"]
    assert [entry["name"] for entry in of_one] == [OTHER, OTHER]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"names": ["2026112124F1D-SIMPEG", NAME]}, "has no set '2026112124F1D-SIMPEG'"),
        ({"sources": ["Other", "Situs"]}, "has no set of 'Other'"),
        ({"sources": ["Situs"], "names": [NAME]}, f"has no set '{NAME}'"),
    ],
)
def test_what_is_not_in_the_store_cannot_be_copied(host: Host, options: Options, words: str) -> None:
    with pytest.raises(BackupError) as caught:
        host.transfer(**options)
    assert caught.value.code == "store.no_set"
    assert caught.value.what == f"The store {host.base / 'store'} {words}"


def test_one_failing_medium_fails_the_task_in_words_and_the_other_has_its_copy(host: Host) -> None:
    (host.base / "usb").rename(host.base / "away")
    planned = host.transfer(check_mode=True, names=[NAME])
    assert [entry["action"] for entry in planned["plan"]] == ["copy", "refuse"]
    assert planned["failed"] and planned["problems"] == [planned["plan"][1]["problem"]]
    done = host.transfer()
    assert [outcome for unused, unused_too, outcome in outcomes(done)] == ["verified", "failed"] * 2
    assert (done["failed"], done["changed"]) == (True, True)
    assert done["msg"] == f"{done['problems'][0]} And 1 more."
    assert done["problems"][0].startswith(f"{NAME} to usb: ")
    assert host.transfer(names=[NAME])["msg"] == done["problems"][0]


@pytest.mark.parametrize(
    ("media", "problems"),
    [
        ([], ["media: must name at least one medium"]),
        (
            [{"name": "a", "kind": "disk", "path": "/a"}, {"name": "A", "kind": "disk", "path": "/b"}],
            ["media: names a medium twice"],
        ),
        (
            [{"name": "../x", "kind": "disk", "path": "/mnt/../etc"}],
            [
                "media[0].name: '../x' must be 1 to 64 letters, digits, '.', '_' and '-'",
                "media[0].path: '/mnt/../etc' must be an absolute path without '..'",
            ],
        ),
    ],
)
def test_every_mistake_in_the_media_is_told_at_once(host: Host, media: list[Options], problems: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        host.transfer(media=media)
    assert list(caught.value.problems) == problems


def test_a_set_that_the_named_signers_did_not_sign_is_not_copied(host: Host, tmp_path: pathlib.Path) -> None:
    stranger = allowed_signers(tmp_path / "allowed", make_key(tmp_path, name="other"))
    done = host.transfer(allowed_signers=stranger, names=[NAME])
    assert done["failed"] and not done["changed"]
    assert {copy["error"]["code"] for copy in done["copies"]} == {"manifest.signature"}


def test_a_sound_store_is_whole_and_its_result_is_kept_outside_check_mode(host: Host) -> None:
    state = host.base / "state"
    looked = host.checksum(check_mode=True, state=str(state))
    assert (looked["whole"], looked["problems"], os.listdir(state)) == (True, [], [])
    assert looked["msg"] == f"{host.base / 'store'}: 3 sets read again, all whole"
    host.checksum(state=str(state))
    assert os.listdir(state) == ["verified.json"]
    assert host.checksum(names=[NAME])["msg"].endswith("1 set read again, all whole")


def test_what_is_wrong_fails_with_its_remedy_unless_only_asked(host: Host) -> None:
    host.made.artifact().write_bytes(b"?")
    (host.base / "store" / "stray").write_bytes(b"")
    bad = host.checksum()
    assert (bad["failed"], bad["whole"], bad["changed"]) == (True, False, False)
    assert bad["msg"].startswith(bad["problems"][0]) and bad["msg"].endswith(" And 1 more.")
    told = host.checksum(fail=False)
    assert "failed" not in told
    assert told["msg"].endswith("3 sets read again, 2 problems")
    one = host.checksum(fail=False, names=[NAME])
    assert one["msg"].endswith("1 set read again, 1 problem")
    assert "more" not in host.checksum(names=[NAME])["msg"]


def test_an_unsigned_set_without_signers_is_a_doubt(host: Host) -> None:
    host.made.signature.unlink()
    told = host.checksum(signing_key=None, host="")
    assert (told["whole"], len(told["doubts"]), told["signatures_checked"]) == (True, 1, False)


@pytest.mark.parametrize(
    ("place", "code"), [("point", "medium.not_mounted"), ("usb", "medium.other"), ("nas", "")], ids=str
)
def test_another_medium_than_was_named_is_not_read(host: Host, place: str, code: str) -> None:
    (host.base / "point").mkdir()
    if not code:
        assert host.checksum(path=str(host.base / place), medium="nas")["whole"]
        return
    with pytest.raises(BackupError) as caught:
        host.checksum(path=str(host.base / place), medium="nas")
    assert caught.value.code == code


def test_owners_are_not_mixed_and_a_medium_may_belong_to_root(
    host: Host, ordinary_user: pwd.struct_passwd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: ordinary_user.pw_uid + 1)
    for call in (host.transfer, host.checksum):
        with pytest.raises(BackupError) as caught:
            call()
        assert caught.value.code == "owner.mixed"
    assert host.checksum(path=str(host.base / "nas"), medium="nas")["whole"]
