# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration: what is accepted, and what is refused with its path."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ConfigError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import PlanEntry
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site

KEY = "age1" + "q" * 58
KEY2 = "age1" + "p" * 58
DISK = {"name": "internal", "kind": "disk", "path": "/mnt/nas"}
Options = dict[str, t.Any]


def source(**changes: t.Any) -> Options:
    return {"name": "SIMPEG", "engine": "sqlite", "path": "/srv/simpeg.db", **changes}


def site(**changes: t.Any) -> Options:
    return {"recipients": [KEY, KEY2], "sources": [source()], **changes}


def problems(options: t.Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_site(options)
    assert caught.value.code == "config"
    assert caught.value.remedy
    return list(caught.value.problems)


def test_little_is_needed_and_the_rest_has_defaults() -> None:
    found = parse_site(site())
    assert (found.zone, found.store, found.style) == ("Asia/Jakarta", "/var/backups/nusantara", "compact")
    assert (found.window_end, found.process_letter, found.media) == ("06:00", False, ())
    assert found.signing_key == found.state + "/keys/manifest"
    assert found.host
    (one,) = found.sources
    assert one.plan == (PlanEntry("F", "daily", "", "24:00"),)
    assert (one.each, one.smallest, one.time_limit, one.media) == (False, 50, 1440, ())
    protection = one.protection
    assert (protection.compression, protection.level, protection.encryption) == ("zstd", 3, "age")
    assert (protection.recipients, protection.proof, protection.inventory) == ((KEY, KEY2), "stored", "rows")


def test_everything_can_be_set() -> None:
    options = site(
        host="web-1.example.org",
        timezone="Asia/Jayapura",
        building="B",
        store="/srv/store",
        state="/srv/state",
        style="dashed",
        process_letter=True,
        window_end="05:30",
        signing_key="/etc/keys/manifest",
        compression="gzip",
        level=9,
        encryption="age",
        proof="open",
        inventory="digests",
        media=[{**DISK, "building": "A"}],
        sources=[source(media=["internal"], each=True, smallest=0, time_limit=10, description="Kepegawaian")],
    )
    found = parse_site(options)
    assert (found.host, found.zone, found.building) == ("web-1.example.org", "Asia/Jayapura", "B")
    assert (found.style, found.process_letter, found.window_end) == ("dashed", True, "05:30")
    assert found.medium("internal").building == "A"
    (one,) = found.sources
    assert (one.each, one.smallest, one.time_limit, one.description) == (True, 0, 10, "Kepegawaian")
    assert (one.protection.compression, one.protection.level) == ("gzip", 9)
    assert (one.protection.proof, one.protection.inventory) == ("open", "digests")


def test_a_source_overrides_the_site() -> None:
    (one,) = parse_site(site(sources=[source(compression="gzip", encryption="none", proof="open")])).sources
    assert (one.protection.compression, one.protection.encryption, one.protection.proof) == ("gzip", "none", "open")


@pytest.mark.parametrize(
    ("site_codec", "source_codec", "level"),
    [
        ({"compression": "zstd", "level": 19}, {}, 19),
        ({"compression": "zstd", "level": 19}, {"compression": "gzip"}, 3),
        ({"compression": "zstd", "level": 19}, {"compression": "zstd"}, 19),
        ({"compression": "zstd", "level": 19}, {"level": 1}, 1),
        ({"compression": "gzip", "level": 9}, {"compression": "zstd"}, 3),
    ],
)
def test_a_level_is_inherited_with_its_codec_only(site_codec: Options, source_codec: Options, level: int) -> None:
    (one,) = parse_site(site(**site_codec, sources=[source(**source_codec)])).sources
    assert one.protection.level == level


SITE_ERRORS: list[tuple[Options, str]] = [
    ({"host": "-rf"}, "host: '-rf' must be 1 to 64 letters"),
    ({"host": "a\nb"}, "host: 'a\\nb' has a control character"),
    ({"host": "a" * 65}, "host: "),
    ({"host": 7}, "host: must be text, not a number"),
    ({"timezone": "WIB"}, "timezone: "),
    ({"timezone": "../etc/passwd"}, "timezone: "),
    ({"timezone": ""}, "timezone: "),
    ({"building": ["A"]}, "building: must be text, not a list"),
    ({"building": "A\x1b[2J"}, "building: 'A\\x1b[2J' has a control character"),
    ({"building": "A\x9b2J"}, "building: 'A\\x9b2J' has a control character"),
    ({"building": "\ud800"}, "building: "),
    ({"store": "backups"}, "store: 'backups' must be an absolute path without '..'"),
    ({"store": "/srv/../etc"}, "store: '/srv/../etc' must be an absolute path without '..'"),
    ({"store": ""}, "store: must not be empty"),
    ({"state": ""}, "state: must not be empty"),
    ({"signing_key": "keys"}, "signing_key: "),
    ({"style": "fancy"}, "style: 'fancy' is not one of compact, dashed"),
    ({"style": ""}, "style: "),
    ({"process_letter": "yes"}, "process_letter: must be true or false, not 'yes'"),
    ({"window_end": "24:00"}, "window_end: "),
    ({"window_end": "6:00"}, "window_end: "),
    ({"compression": "bzip2"}, "compression: 'bzip2' is not one of zstd, gzip, none"),
    ({"compression": ""}, "compression: "),
    ({"compression": "\0"}, "compression: "),
    ({"encryption": "gpg"}, "encryption: 'gpg' is not one of age, none"),
    ({"encryption": ""}, "encryption: "),
    ({"encryption": "none\n"}, "encryption: "),
    ({"level": 20}, "level: 20 must be a whole number from 1 to 19"),
    ({"level": 0}, "level: 0 must be a whole number from 1 to 19"),
    ({"level": True}, "level: True must be a whole number"),
    ({"level": 3.5}, "level: 3.5 must be a whole number"),
    ({"compression": "gzip", "level": 10}, "level: 10 must be a whole number from 1 to 9"),
    ({"proof": "none"}, "proof: 'none' is not one of stored, open"),
    ({"proof": ""}, "proof: "),
    ({"inventory": "all"}, "inventory: "),
    ({"recipients": KEY}, "recipients: must be a list, not text"),
    ({"recipients": ["age1x"]}, "recipients[0]: 'age1x"),
    ({"recipients": [KEY, "AGE-SECRET-KEY-1" + "Q" * 58]}, "recipients[1]: "),
    ({"recipients": [KEY, None]}, "recipients[1]: must be text, not None"),
    ({"recipients": []}, "sources[0].recipients: is empty, and so nothing can be encrypted"),
    ({"sources": {"name": "x"}}, "sources: must be a list, not a mapping"),
    ({"sources": ["x"]}, "sources[0]: must be a mapping, not text"),
    ({"media": "disk"}, "media: must be a list, not text"),
    ({"media": [{**DISK, "kind": "tape"}]}, "media[0].kind: 'tape' is not one of disk"),
    ({"media": [{**DISK, "name": "a b"}]}, "media[0].name: 'a b' must be"),
    ({"media": [{**DISK, "path": ""}]}, "media[0].path: must not be empty"),
    ({"media": [{"name": "x"}]}, "media[0].kind: is required"),
    ({"media": [{**DISK, "pth": "/x"}]}, "media[0]: 'pth' is not an option here; was path meant?"),
    ({"media": [{**DISK, "zz": 1}]}, "media[0]: 'zz' is not an option here; known are building, kind, name, path"),
    ({"sorces": []}, "'sorces' is not an option here"),
]


@pytest.mark.parametrize(("changes", "expected"), SITE_ERRORS, ids=[text[:40] for changes, text in SITE_ERRORS])
def test_a_site_option_is_refused_with_its_path(changes: Options, expected: str) -> None:
    found = problems(site(**changes))
    assert any(text.lstrip(": ").startswith(expected.rstrip()) for text in found), found


def test_nothing_of_a_private_key_is_repeated() -> None:
    found = problems(site(recipients=["AGE-SECRET-KEY-1QQQQQQQQ"]))
    assert found[0].startswith("recipients[0]: is a private key: take it out"), found
    assert not any("QQQ" in text for text in found), found


def test_an_unknown_engine_is_the_only_complaint() -> None:
    found = problems(site(sources=[{"name": "A", "engine": "postgres", "frequency": "daily", "database": "a"}]))
    assert len(found) == 1 and found[0].startswith("sources[0].engine: 'postgres' is not one of"), found


SOURCE_ERRORS: list[tuple[Options, str]] = [
    ({"name": ""}, "name: must not be empty"),
    ({"name": "../x"}, "name: "),
    ({"name": "a" * 41}, "name: "),
    ({"name": "-rf"}, "name: "),
    ({"engine": "oracle"}, "engine: 'oracle' is not one of "),
    ({"engine": None}, "engine: is required"),
    ({"path": "relative"}, "path: "),
    ({"media": "internal"}, "media: must be a list, not text"),
    ({"media": ["elsewhere"]}, "media[0]: 'elsewhere' is not a medium of this site (none is configured)"),
    ({"each": 1}, "each: must be true or false, not 1"),
    ({"smallest": 101}, "smallest: 101 must be a whole number from 0 to 100"),
    ({"time_limit": 0}, "time_limit: 0 must be a whole number from 1 to 10080"),
    ({"frequency": "hourly"}, "frequency: 'hourly' is not one of daily, weekly, monthly, incidental"),
    ({"frequency": "weekly", "day": 6}, "day: 6 must be a weekday such as saturday"),
    ({"frequency": "weekly", "day": 0}, "day: 0 must be a weekday"),
    ({"frequency": "weekly", "day": "sabtu"}, "day: 'sabtu' must be a weekday"),
    ({"frequency": "monthly", "day": 29}, "day: 29 must be a day of the month from 1 to 28, or last"),
    ({"frequency": "monthly", "day": "0"}, "day: '0' must be"),
    ({"frequency": "daily", "day": "monday"}, "day: has no meaning with frequency daily"),
    ({"at": "00:00"}, "at: '00:00' must be a time of the procedure, from 01:00 to 24:59"),
    ({"at": "25:00"}, "at: "),
    ({"at": 24}, "at: must be text"),
    ({"plan": []}, "plan: must not be empty"),
    ({"plan": "daily"}, "plan: must be a list, not text"),
    ({"plan": ["daily"]}, "plan[0]: must be a mapping, not text"),
    ({"plan": [{"type": "X"}]}, "plan[0].type: 'X' is not one of F, D, I"),
    ({"plan": [{"type": "D"}]}, "plan: type D cannot be made by the engine sqlite, which makes F"),
    ({"plan": [{"type": "I"}]}, "plan: type I cannot be made by the engine sqlite, which makes F"),
    ({"plan": [{"when": "now"}]}, "plan[0]: 'when' is not an option here"),
    ({"plan": [{}, {}]}, "plan: names the same frequency and day twice"),
    ({"plan": [{}], "frequency": "daily"}, "frequency: stands beside a plan"),
    ({"plan": [{}], "at": "24:00", "day": "last"}, "day: stands beside a plan"),
    ({"databse": "x"}, "'databse' is not an option here"),
    ({"read_back": False}, "'read_back' is not an option here"),
]


@pytest.mark.parametrize(("changes", "expected"), SOURCE_ERRORS, ids=[text[:50] for changes, text in SOURCE_ERRORS])
def test_a_source_option_is_refused_with_its_path(changes: Options, expected: str) -> None:
    found = problems(site(sources=[source(**changes)]))
    wanted = "sources[0]: " + expected if expected.startswith("'") else "sources[0]." + expected
    assert any(text.startswith(wanted.rstrip()) for text in found), found


def test_all_errors_come_at_once() -> None:
    found = problems(
        {
            "style": 1,
            "window_end": "late",
            "media": [{"name": "x", "kind": "disk"}],
            "sources": [{"name": "A/B", "engine": "sqlite"}, source(each="no"), source(plan=[{"type": "D"}])],
            "colour": "red",
        }
    )
    paths = {text.partition(":")[0] for text in found}
    assert paths >= {
        "style", "window_end", "media[0].path", "sources[0].name", "sources[0].path", "sources[1].each",
        "sources[2].plan", "sources[2].recipients", "sources[2].name", "",
    }  # fmt: skip
    with pytest.raises(ConfigError, match=rf"The configuration has {len(found)} problems: .*Correct them"):
        raise ConfigError(found)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"store": "/srv/a", "state": "/srv/a"}, "state"),
        ({"store": "/srv/a", "state": "/srv/a/state"}, "state"),
        ({"store": "/srv/a/store", "state": "/srv/a"}, "state"),
        ({"store": "//srv/a", "state": "/srv/a/b"}, "state"),
        ({"store": "/srv/a/", "state": "/srv/./a"}, "state"),
        ({"store": "/", "state": "/srv"}, "state"),
        ({"store": "/mnt/nas/store", "media": [DISK]}, "media[0].path"),
        ({"state": "/mnt/nas", "media": [DISK]}, "media[0].path"),
        ({"media": [DISK, {**DISK, "name": "b", "path": "/mnt/nas/b"}]}, "media[1].path"),
    ],
)
def test_store_state_and_media_never_lie_in_each_other(changes: Options, path: str) -> None:
    found = problems(site(**changes))
    assert [text.partition(":")[0] for text in found] == [path], found


def test_neighbours_with_a_common_beginning_are_no_overlap() -> None:
    parse_site(site(store="/srv/backup", state="/srv/backup-state", media=[{**DISK, "path": "/srv/backup.disk"}]))


def test_p13_names_are_unique_without_regard_to_case() -> None:
    found = problems(site(sources=[source(), source(name="Simpeg")], media=[DISK, {**DISK, "name": "INTERNAL"}]))
    assert any(text.startswith("sources[1].name: 'Simpeg' is taken by sources[0]") for text in found)
    assert any(text.startswith("media[1].name: 'INTERNAL' is taken by media[0]") for text in found)


@pytest.mark.parametrize(
    ("options", "plan"),
    [
        ({"frequency": "weekly", "day": "Saturday"}, [("F", "weekly", "saturday", "24:00")]),
        ({"frequency": "weekly"}, [("F", "weekly", "saturday", "24:00")]),
        ({"plan": [{"frequency": "monthly"}]}, [("F", "monthly", "last", "24:00")]),
        ({"frequency": "monthly", "day": "last", "at": "24:30"}, [("F", "monthly", "last", "24:30")]),
        ({"frequency": "monthly", "day": 5}, [("F", "monthly", "5", "24:00")]),
        ({"frequency": "incidental"}, [("F", "incidental", "", "24:00")]),
        (
            {"plan": [{"type": "F", "frequency": "weekly", "day": "friday"}, {"frequency": "daily", "at": "01:00"}]},
            [("F", "weekly", "friday", "24:00"), ("F", "daily", "", "01:00")],
        ),
        (
            {"plan": [{"frequency": "weekly", "day": "friday"}, {"frequency": "weekly", "day": "monday"}]},
            [("F", "weekly", "friday", "24:00"), ("F", "weekly", "monday", "24:00")],
        ),
    ],
)
def test_p12_1_forms_of_a_plan(options: Options, plan: list[tuple[str, str, str, str]]) -> None:
    (one,) = parse_site(site(sources=[source(**options)])).sources
    assert [(entry.type, entry.frequency, entry.day, entry.at) for entry in one.plan] == plan


@pytest.mark.parametrize("data", [None, 7, "text", [], [1]])
def test_a_configuration_that_is_no_mapping_is_refused(data: t.Any) -> None:
    assert "must be a mapping" in problems(data)[0]
