# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module and the filters take and return (P13.4)."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import NamingError
from ansible_collections.nusantara.backup.plugins.module_utils._naming import (
    argument_spec,
    fields_from_dict,
    name_result,
    parse,
    parsed_as_dict,
    rendered_from_dict,
)

NAME = "2017040124F1W-All"
GIVEN: dict[str, t.Any] = {
    "year": 2017,
    "month": 4,
    "day": 1,
    "hour": 24,
    "type": "F",
    "media": 1,
    "frequency": "W",
    "data": "All",
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"year": "2017", "month": "04", "run": "1"},
        {"media": "1"},
        {"media": "disk"},
        {"media": "vault"},
        {"frequency": "weekly"},
        {"process": ""},
        {"process": None, "run": None},
    ],
)
def test_fields_may_be_given_in_the_words_of_the_configuration(change: dict[str, t.Any]) -> None:
    assert fields_from_dict({**GIVEN, **change}) == parse(NAME)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({**GIVEN, "colour": 1}, "'fields' is 'colour'"),
        (dict([*GIVEN.items(), (7, 1)]), "'fields' is 7"),
        ({**GIVEN, "year": None}, "'year' is not given"),
        ({key: GIVEN[key] for key in GIVEN if key != "data"}, "'data' is not given"),
        ({**GIVEN, "year": "\u0662017"}, "'year'"),
        ({**GIVEN, "year": "2017\n"}, "'year'"),
        ({**GIVEN, "month": True}, "'month'"),
        ({**GIVEN, "media": "floppy"}, "'media'"),
        ({**GIVEN, "media": ["disk"]}, "'media'"),
        ({**GIVEN, "frequency": {}}, "'frequency'"),
        ({**GIVEN, "data": {"x": 1}}, "'data'"),
        (None, "'fields' is None"),
        ("2017", "'fields' is '2017'"),
        ([], "'fields' is <a value of type list>"),
    ],
)
def test_other_fields_are_refused(data: t.Any, message: str) -> None:
    with pytest.raises(NamingError, match=message):
        fields_from_dict(data)
    with pytest.raises(NamingError, match=message):
        rendered_from_dict(data)


@pytest.mark.parametrize("name", [NAME, "20170401-24-F-1-M-W-All.r7"])
def test_what_parse_returns_renders_to_the_same_name(name: str) -> None:
    assert rendered_from_dict(parsed_as_dict(name)) == name


def test_the_style_of_a_mapping_can_be_overruled() -> None:
    assert rendered_from_dict({**GIVEN, "style": "dashed"}, "compact") == NAME
    assert rendered_from_dict({**GIVEN, "style": "dashed"}) == "20170401-24-F-1-W-All"
    with pytest.raises(NamingError, match="'style'"):
        rendered_from_dict({**GIVEN, "style": "long"})


def test_a_night_that_contradicts_the_fields_is_refused() -> None:
    assert rendered_from_dict({**GIVEN, "night": dt.date(2017, 4, 1)}) == NAME
    with pytest.raises(NamingError, match="'night'.*2017-04-01"):
        rendered_from_dict({**GIVEN, "night": "2017-04-02"})


def result_of(**given: t.Any) -> dict[str, t.Any]:
    options: dict[str, t.Any] = {"name": None, "fields": None, "style": None, "medium": None, "zone": None}
    return name_result(**{**options, **given})


def test_p13_1_everything_about_the_example() -> None:
    assert result_of(name=NAME, zone="Asia/Jakarta") == {
        "name": NAME,
        "style": "compact",
        "fields": {**GIVEN, "process": "", "run": 1},
        "night": "2017-04-01",
        "moment": "2017-04-02T00:00:00+07:00",
        "labels": {"full": NAME, "iso": "2017040124F1W_ALL", "joliet": "2017040124FE27PF"},
    }


def test_p12_5_the_iso_label_has_32_characters() -> None:
    assert len(result_of(name="2017040124F1W-" + "a" * 40)["labels"]["iso"]) == 32


def test_a_name_is_made_of_fields_and_given_to_a_medium() -> None:
    found = result_of(fields=GIVEN, style="dashed", medium="tape")
    assert (found["name"], found["style"], found["fields"]["media"]) == ("20170401-24-F-3-W-All", "dashed", 3)
    assert "moment" not in found
    assert result_of(fields=GIVEN)["name"] == NAME


@pytest.mark.parametrize("given", [{}, {"name": NAME, "fields": GIVEN}])
def test_exactly_one_of_name_and_fields(given: dict[str, t.Any]) -> None:
    with pytest.raises(NamingError, match="exactly one"):
        result_of(**given)


def test_the_module_takes_what_the_mapping_takes() -> None:
    options = argument_spec()["fields"]["options"]
    assert list(options) == [*GIVEN, "process", "run"]
    assert [key for key in options if options[key].get("required")] == list(GIVEN)
    assert (options["process"]["default"], options["run"]["default"]) == ("", 1)
    for key in ("type", "media", "frequency", "process"):
        for choice in options[key]["choices"]:
            assert fields_from_dict({**GIVEN, key: choice})
