# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a refusal says: the field, the value that was given, and then what is allowed."""

from __future__ import annotations

import datetime as dt
import typing as t
import zoneinfo

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import NamingError
from ansible_collections.nusantara.backup.plugins.module_utils._naming import (
    check_data_name,
    fields_as_dict,
    fields_for,
    fields_from_dict,
    incidental_slot,
    label,
    load_zone,
    media_digit,
    name_result,
    parse,
    parsed_as_dict,
    part_label,
    render,
    rendered_from_dict,
    slot_for,
)

NAME = "2017040124F1W-All"
FIELDS = parsed_as_dict(NAME)
NOW = dt.datetime(2017, 4, 2, tzinfo=dt.timezone.utc)
WIB = "Asia/Jakarta"


class Word(str):
    """A text as Ansible hands it over: of a class of its own."""

    __slots__ = ()


def stamped(moment: t.Any) -> t.Any:
    return fields_for(moment, type="F", media=1, frequency="W", data="All")


REFUSALS: list[tuple[t.Callable[[], t.Any], str, str]] = [
    (lambda: check_data_name("M-x", "dashed"), "'data' is 'M-x'", "Allowed: in the dashed style, names that do not"),
    (lambda: render(parse(NAME), "long"), "'style' is 'long'", "Allowed: one of 'compact', 'dashed'"),
    (lambda: media_digit("floppy"), "'kind of medium' is 'floppy'", "Allowed: one of 'disk', 'vault', 'object', "),
    (lambda: load_zone("Asia/../Etc/UTC"), "'zone' is 'Asia/../Etc/UTC'", "Allowed: an IANA name such as Asia/Jakarta"),
    (lambda: load_zone("localtime"), "'zone' is 'localtime'", "Allowed: an IANA name such as Asia/Jakarta"),
    (lambda: load_zone("posixrules"), "'zone' is 'posixrules'", "Allowed: an IANA name such as Asia/Jakarta"),
    (lambda: load_zone("Asia/Atlantis"), "'zone' is 'Asia/Atlantis'", "Allowed: an IANA name that the package tzdata"),
    (lambda: stamped(dt.datetime(2017, 4, 2)), "'moment' is datetime.datetime(2017", "Allowed: a moment with a time"),
    (lambda: stamped(NOW.replace(year=1898)), "'moment' is datetime.datetime(1898", "Allowed: moments of the years"),
    (lambda: stamped(NOW.replace(year=9902)), "'moment' is datetime.datetime(9902", "Allowed: moments of the years"),
    (
        lambda: stamped(dt.datetime(1900, 1, 1, 0, 59, tzinfo=dt.timezone.utc)),
        "'moment' is '1900-01-01T00:59:00+00:00'",
        "Allowed: moments from 1900-01-01 01:00 on; the hour before has no name",
    ),
    (lambda: slot_for(t.cast("t.Any", 7), WIB), "'now' is 7", "Allowed: a moment with a time zone"),
    (lambda: incidental_slot(t.cast("t.Any", 7), WIB), "'now' is 7", "Allowed: a moment with a time zone"),
    (lambda: slot_for(NOW, WIB, at="soon"), "'at' is 'soon'", "Allowed: HH:MM from 01:00 to 24:59"),
    (lambda: slot_for(NOW, WIB, night=t.cast("t.Any", 7)), "'night' is 7", "Allowed: a date of the years 1900 to 9900"),
    (lambda: parse(NAME + ".r1"), "'run' is '.r1'", "Allowed: nothing, or .r2 to .r999 without leading zeros"),
    (lambda: parse("20170401X4F1W-All"), "'hour' is 'X4'", "Allowed: 2 digits 0-9 at position 9 of the name"),
    (
        lambda: rendered_from_dict({**FIELDS, "night": "2017-04-02"}),
        "'night' is '2017-04-02'",
        "Allowed: 2017-04-01, the date of the other fields",
    ),
]


@pytest.mark.parametrize(("call", "what", "remedy"), REFUSALS, ids=[what for unused, what, unused_too in REFUSALS])
def test_a_refusal_names_the_field_its_value_and_what_is_allowed(
    call: t.Callable[[], t.Any], what: str, remedy: str
) -> None:
    with pytest.raises(NamingError) as caught:
        call()
    assert caught.value.what.startswith(f"The field {what}")
    assert caught.value.remedy.startswith(remedy)


def test_without_a_meaning_nothing_stands_behind_the_choices() -> None:
    with pytest.raises(NamingError) as caught:
        render(parse(NAME), "long")
    assert caught.value.remedy == "Allowed: one of 'compact', 'dashed'"


def test_what_is_missing_is_told_before_what_is_needed() -> None:
    with pytest.raises(NamingError) as caught:
        fields_from_dict({})
    assert (caught.value.what, caught.value.remedy[:10]) == ("The field 'year' is not given", "Needed are")
    with pytest.raises(NamingError) as caught:
        name_result(name=None, fields=None, style=None, medium=None, zone=None)
    assert caught.value.what == "Given are name None and fields None"


def test_every_number_may_be_text_and_every_frequency_a_word() -> None:
    texts = {"year": "2017", "month": "04", "day": "01", "hour": "24", "run": "1"}
    given = {key: value for key, value in fields_as_dict(parse(NAME)).items() if key != "run"}
    assert fields_from_dict({**given, **texts}) == parse(NAME)
    letters = {"daily": "D", "incidental": "I", "weekly": "W", "monthly": "M"}
    assert {word: fields_from_dict({**given, "frequency": word}).frequency for word in letters} == letters


@pytest.mark.parametrize("data", ["disk", "tape", "weekly", "daily"])
def test_data_may_be_called_like_a_medium_or_a_frequency(data: str) -> None:
    assert fields_from_dict({**fields_as_dict(parse(NAME)), "data": data}).data == data


def test_data_that_is_a_number_is_refused_and_a_text_of_ansible_becomes_a_plain_one() -> None:
    given = fields_as_dict(parse(NAME))
    with pytest.raises(NamingError, match="'data' is 2017"):
        fields_from_dict({**given, "data": 2017})
    assert not isinstance(fields_from_dict({**given, "data": Word("All")}).data, Word)


def test_the_night_stands_beside_the_fields() -> None:
    assert (FIELDS["night"], FIELDS["style"]) == ("2017-04-01", "compact")


def test_zone_data_that_cannot_be_read_is_an_unknown_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    real = zoneinfo.ZoneInfo

    def refused(name: str) -> zoneinfo.ZoneInfo:
        if name == WIB:
            raise PermissionError(13, "Permission denied")
        return real(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", refused)
    with pytest.raises(NamingError, match="tzdata of this host knows") as caught:
        load_zone(WIB)
    assert caught.value.code == "naming.zone"


def test_on_an_ordinary_night_stamp_and_schedule_are_told_by_the_zone() -> None:
    slot = slot_for(NOW - dt.timedelta(hours=6), WIB)
    assert slot.scheduled is not None
    assert slot.stamp == slot.scheduled
    assert slot.stamp.tzinfo is slot.scheduled.tzinfo is zoneinfo.ZoneInfo(WIB)


@pytest.mark.parametrize("word", ["globals", "manifest", "part", "delta", "zst", "gz", "age", "json", "sig"])
def test_p13_6_a_database_called_like_an_ending_gets_a_mark(word: str) -> None:
    assert part_label(word).startswith(f"{word}-")
    assert part_label(word + "s2") == word + "s2"


def test_p12_5_a_short_label_keeps_every_letter_that_fits() -> None:
    fields = parse("2017040124F1W-" + "AX" * 15)
    text = label(fields, limit=33).text
    beginning = text.split("--")[1].rpartition("-")[0]
    assert fields.data.startswith(beginning) and len(text) == 33
    assert beginning[-1] == "X" or label(fields, limit=34).text.split("--")[1].rpartition("-")[0][-1] == "X"
