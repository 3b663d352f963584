# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields, their ranges, both directions of the naming rule (P13.1 to P13.5)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import NamingError
from ansible_collections.nusantara.backup.plugins.module_utils._naming import (
    FREQUENCY_LETTER,
    FREQUENCY_WORD,
    NameFields,
    check_data_name,
    media_digit,
    parse,
    parse_with_style,
    render,
    with_media,
)

EXAMPLE = NameFields(2017, 4, 1, 24, "F", 1, "W", "All")


class Hostile:
    """A value that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


NAMES = [
    pytest.param(EXAMPLE, "2017040124F1W-All", "20170401-24-F-1-W-All", id="P13.1-the-procedure's-example"),
    pytest.param(
        dataclasses.replace(EXAMPLE, process="A"),
        "2017040124F1AW-All",
        "20170401-24-F-1-A-W-All",
        id="P13.2-process-automatic",
    ),
    pytest.param(
        dataclasses.replace(EXAMPLE, process="M", frequency="M"),
        "2017040124F1MM-All",
        "20170401-24-F-1-M-M-All",
        id="P13.2-process-and-frequency-are-both-M",
    ),
    pytest.param(
        dataclasses.replace(EXAMPLE, frequency="M", data="W"),
        "2017040124F1M-W",
        "20170401-24-F-1-M-W",
        id="P13.3-data-name-is-a-frequency-letter",
    ),
    pytest.param(
        dataclasses.replace(EXAMPLE, frequency="M", data="A-W-x"),
        "2017040124F1M-A-W-x",
        "20170401-24-F-1-M-A-W-x",
        id="P13.3-data-name-begins-like-a-process",
    ),
    pytest.param(
        dataclasses.replace(EXAMPLE, run=2), "2017040124F1W-All.r2", "20170401-24-F-1-W-All.r2", id="second-run"
    ),
    pytest.param(
        dataclasses.replace(EXAMPLE, run=999), "2017040124F1W-All.r999", "20170401-24-F-1-W-All.r999", id="last-run"
    ),
    pytest.param(
        NameFields(2000, 2, 29, 24, "D", 2, "D", "x"), "2000022924D2D-x", "20000229-24-D-2-D-x", id="P13.2-leap-2000"
    ),
    pytest.param(
        NameFields(2024, 2, 29, 1, "I", 3, "I", "x"), "2024022901I3I-x", "20240229-01-I-3-I-x", id="P13.2-leap-2024"
    ),
    pytest.param(
        NameFields(1900, 1, 1, 1, "F", 1, "D", "x"), "1900010101F1D-x", "19000101-01-F-1-D-x", id="P13.2-first-hour"
    ),
    pytest.param(
        NameFields(9900, 12, 31, 24, "F", 1, "D", "x"), "9900123124F1D-x", "99001231-24-F-1-D-x", id="P13.2-last-hour"
    ),
    pytest.param(
        NameFields(2017, 12, 31, 24, "F", 1, "M", "Situs_Web-2"),
        "2017123124F1M-Situs_Web-2",
        "20171231-24-F-1-M-Situs_Web-2",
        id="P13.2-end-of-year",
    ),
    pytest.param(
        dataclasses.replace(EXAMPLE, data="a" * 40),
        "2017040124F1W-" + "a" * 40,
        "20170401-24-F-1-W-" + "a" * 40,
        id="longest-data-name",
    ),
]


@pytest.mark.parametrize(("fields", "compact", "dashed"), NAMES)
def test_fields_and_names_in_both_styles(fields: NameFields, compact: str, dashed: str) -> None:
    assert render(fields) == compact
    assert render(fields, "dashed") == dashed
    assert parse_with_style(compact) == (fields, "compact")
    assert parse_with_style(dashed) == (fields, "dashed")
    assert parse(compact, "compact") == parse(dashed, "dashed") == fields


def test_p13_1_the_example_means_what_the_procedure_says() -> None:
    fields = parse("2017040124F1W-All")
    assert (fields.type, fields.media, fields.frequency, fields.data) == ("F", 1, "W", "All")
    assert fields.night == dt.date(2017, 4, 1)
    assert (fields.process, fields.run) == ("", 1)


REFUSED_FIELDS = [
    ("year", 1899, "1900 to 9900"),
    ("year", 9901, "1900 to 9900"),
    ("year", "2017", "1900 to 9900"),
    ("year", 2017.0, "1900 to 9900"),
    pytest.param("year", 10**5000, "1900 to 9900", id="year-too-long-to-be-written"),
    ("month", 0, "1 to 12"),
    ("month", 13, "1 to 12"),
    ("month", True, "1 to 12"),
    ("day", 0, "01 to 30 in month 2017-04"),
    ("day", 31, "01 to 30 in month 2017-04"),
    ("hour", 0, "01 to 24"),
    ("hour", 25, "01 to 24"),
    ("type", "f", "'F', 'D', 'I'"),
    ("type", "", "'F', 'D', 'I'"),
    ("type", None, "'F', 'D', 'I'"),
    ("type", ["F"], "'F', 'D', 'I'"),
    ("media", 0, "1 hard disk, 2 CD, 3 tape"),
    ("media", 4, "1 hard disk, 2 CD, 3 tape"),
    ("media", "1", "1 hard disk, 2 CD, 3 tape"),
    ("frequency", "Y", "daily, incidental, weekly, monthly"),
    ("frequency", "weekly", "daily, incidental, weekly, monthly"),
    ("process", "X", "none, automatic, manual"),
    ("process", None, "none, automatic, manual"),
    ("run", 0, "1 to 999"),
    ("run", 1000, "1 to 999"),
    ("data", "", "1 to 40"),
    ("data", "a" * 41, "1 to 40"),
    ("data", "-rf", "beginning and ending"),
    ("data", "a-", "beginning and ending"),
    ("data", "_a", "beginning and ending"),
    ("data", "a.b", "A-Z"),
    ("data", "../etc", "A-Z"),
    ("data", "a/b", "A-Z"),
    ("data", "a b", "A-Z"),
    ("data", "a\n", "A-Z"),
    ("data", "a\x00b", "A-Z"),
    ("data", "café", "A-Z"),
    ("data", "data\u0661", "A-Z"),
    ("data", "\ud800", "A-Z"),
    ("data", "$(reboot)", "A-Z"),
    ("data", b"All", "A-Z"),
    ("data", 7, "A-Z"),
    ("data", Hostile(), "A-Z"),
]


@pytest.mark.parametrize(("field", "value", "allowed"), REFUSED_FIELDS)
def test_p13_2_a_field_outside_its_range_is_refused_by_name(field: str, value: t.Any, allowed: str) -> None:
    with pytest.raises(NamingError) as caught:
        dataclasses.replace(EXAMPLE, **{field: value})
    assert f"'{field}'" in caught.value.what
    assert allowed in caught.value.remedy
    assert len(caught.value.what) < 120 and caught.value.what.isascii()


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(1900, 2, 29), (2017, 2, 29), (2100, 2, 29), (2017, 4, 31), (2017, 2, 30), (9900, 2, 29)],
)
def test_p13_2_only_days_of_the_calendar(year: int, month: int, day: int) -> None:
    with pytest.raises(NamingError, match="'day'"):
        NameFields(year, month, day, 24, "F", 1, "W", "All")


REFUSED_NAMES = [
    ("", "year"),
    ("2017", "month"),
    ("2017040100F1W-All", "hour"),
    ("2017040125F1W-All", "hour"),
    ("2017130124F1W-All", "month"),
    ("2017043124F1W-All", "day"),
    ("1900022924F1W-All", "day"),
    ("1899123124F1W-All", "year"),
    ("9901010101F1W-All", "year"),
    ("\u0662017040124F1W-All", "year"),
    ("201704012\u0664F1W-All", "hour"),
    ("+017040124F1W-All", "year"),
    ("2017 40124F1W-All", "month"),
    ("2017040124f1W-All", "type"),
    ("2017040124X1W-All", "type"),
    ("2017040124F0W-All", "media"),
    ("2017040124F\u0661W-All", "media"),
    ("2017040124F1w-All", "frequency"),
    ("2017040124F1A-All", "frequency"),
    ("2017040124F1", "frequency"),
    ("2017040124F1XW-All", "frequency"),
    ("2017040124F1W", "data"),
    ("2017040124F1WW-All", "data"),
    ("2017040124F1W_All", "data"),
    ("2017040124F1W-", "data"),
    ("2017040124F1W--All", "data"),
    ("2017040124F1W-All-", "data"),
    ("2017040124F1W-All\n", "data"),
    ("2017040124F1W-All\x00", "data"),
    ("2017040124F1W-../All", "data"),
    ("2017040124F1W-" + "a" * 41, "data"),
    ("2017040124F1W-All.", "run"),
    ("2017040124F1W-All.r", "run"),
    ("2017040124F1W-All.r0", "run"),
    ("2017040124F1W-All.r1", "run"),
    ("2017040124F1W-All.r02", "run"),
    ("2017040124F1W-All.r1000", "run"),
    ("2017040124F1W-All.R2", "run"),
    ("2017040124F1W-All.r2\n", "run"),
    ("2017040124F1W-All.r\u0662", "run"),
    ("2017040124F1W-All.r2.r3", "run"),
    ("2017040124F1W-All.zst.age", "run"),
    (" 2017040124F1W-All", "year"),
    ("20170401-24F1W-All", "type"),
    ("20170401-24-F1W-All", "media"),
    ("20170401-24-F-1W-All", "frequency"),
    ("20170401-24-F-1-AW-All", "frequency"),
    ("20170401-24-F-1-W", "data"),
    ("20170401-24-F-1-W-D-All", "data"),
    ("20170401-24-F-1-M-W-D-All", "data"),
    ("20170401-24-F-1-M-W-", "data"),
    ("2017-04-01-24-F-1-W-All", "month"),
    (None, "name"),
    (20170401, "name"),
    (b"2017040124F1W-All", "name"),
    (Hostile(), "name"),
]


@pytest.mark.parametrize(("name", "field"), REFUSED_NAMES)
def test_p13_6_a_name_that_does_not_parse_says_which_field(name: object, field: str) -> None:
    with pytest.raises(NamingError) as caught:
        parse(name)
    assert f"'{field}'" in caught.value.what
    assert caught.value.remedy.startswith("Allowed: ")
    assert caught.value.code == "naming"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2017O401", "'month' is 'O4'. Allowed: 2 digits 0-9 at position 5 of the name."),
        ("2017040124f", "'type' is 'f'. Allowed: one of F, D, I at position 11 of the name."),
        ("20170401-24_F", "'type' is '_F'. Allowed: a hyphen before it, at position 12 of the name."),
    ],
)
def test_p13_6_the_message_tells_where_in_the_name(name: str, message: str) -> None:
    with pytest.raises(NamingError) as caught:
        parse(name)
    assert str(caught.value) == f"The field {message}"


def test_a_long_value_is_shown_shortened() -> None:
    with pytest.raises(NamingError) as whole:
        check_data_name("." * 58, "compact")
    assert whole.value.what == f"The field 'data' is '{'.' * 58}'"
    with pytest.raises(NamingError) as cut:
        check_data_name("." * 59, "compact")
    assert cut.value.what == f"The field 'data' is '{'.' * 56}..."


@pytest.mark.parametrize("attribute", ["hour", "data"])
def test_fields_cannot_be_changed_after_their_check(attribute: str) -> None:
    fields = parse("2017040124F1W-All")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(fields, attribute, 0)
    assert len({fields, parse("20170401-24-F-1-W-All")}) == 1


@pytest.mark.parametrize("letter", "DIWM")
def test_p13_3_dashed_refuses_data_that_reads_as_a_frequency(letter: str) -> None:
    fields = dataclasses.replace(EXAMPLE, data=f"{letter}-All")
    assert parse(render(fields)) == fields
    with pytest.raises(NamingError, match="reads as a frequency"):
        render(fields, "dashed")
    with pytest.raises(NamingError, match="reads as a frequency"):
        check_data_name(fields.data, "dashed")
    assert check_data_name(fields.data, "compact") == fields.data
    assert check_data_name(letter, "dashed") == letter


@pytest.mark.parametrize("style", ["", "Compact", "both", 1])
def test_p13_3_there_are_two_styles(style: str) -> None:
    for call in (lambda: render(EXAMPLE, style), lambda: parse("x", style), lambda: check_data_name("x", style)):
        with pytest.raises(NamingError, match="'compact', 'dashed'"):
            call()


@pytest.mark.parametrize(("name", "style"), [("2017040124F1W-All", "dashed"), ("20170401-24-F-1-W-All", "compact")])
def test_p13_3_the_other_style_is_refused_when_one_is_asked_for(name: str, style: str) -> None:
    with pytest.raises(NamingError, match="'hour'"):
        parse(name, style)


@pytest.mark.parametrize(("kind", "digit"), [("disk", 1), ("vault", 1), ("object", 1), ("optical", 2), ("tape", 3)])
def test_p13_5_a_copy_carries_the_digit_of_its_medium(kind: str, digit: int) -> None:
    assert media_digit(kind) == digit
    assert render(with_media(EXAMPLE, kind)) == f"2017040124F{digit}W-All"


@pytest.mark.parametrize("kind", ["", "Disk", "cd", None, []])
def test_p13_5_unknown_media_are_refused(kind: str) -> None:
    with pytest.raises(NamingError, match="kind of medium.*optical"):
        with_media(EXAMPLE, kind)


def test_p13_2_frequencies_have_words() -> None:
    assert FREQUENCY_LETTER == {"daily": "D", "incidental": "I", "weekly": "W", "monthly": "M"}
    assert {FREQUENCY_WORD[letter]: letter for letter in "DIWM"} == FREQUENCY_LETTER
