# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The naming rule over its whole domain (P13), labels (P12.5), slots (P13.3a)."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import NamingError
from ansible_collections.nusantara.backup.plugins.module_utils._naming import (
    MEDIA_DIGIT,
    STYLES,
    NameFields,
    check_data_name,
    fields_for,
    fields_from_dict,
    incidental_slot,
    label,
    moment,
    parse,
    parse_with_style,
    parsed_as_dict,
    part_label,
    render,
    rendered_from_dict,
    slot_for,
    with_media,
)

ALPHANUMERIC = string.ascii_letters + string.digits
ZONES = (
    "Asia/Jakarta",
    "Asia/Makassar",
    "Asia/Jayapura",
    "Etc/UTC",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Asia/Beirut",
    "Africa/Cairo",
    "Atlantic/Azores",
    "Europe/Berlin",
    "Australia/Lord_Howe",
)
# The oracle for the compact style, written from the procedure and not from the code.
COMPACT = re.compile(r"[0-9]{10}[FDI][123][AM]?[DIWM]-[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.r[1-9][0-9]{0,2})?")

data_names = st.one_of(
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,38}[A-Za-z0-9])?", fullmatch=True),
    # Data names that look like other fields of the dashed style.
    st.lists(st.sampled_from("ADFIMW1x"), min_size=1, max_size=6).map("-".join),
)


@st.composite
def fields(draw: st.DrawFn) -> NameFields:
    year = draw(st.integers(1900, 9900))
    month = draw(st.integers(1, 12))
    return NameFields(
        year=year,
        month=month,
        day=draw(st.integers(1, calendar.monthrange(year, month)[1])),
        hour=draw(st.integers(1, 24)),
        type=draw(st.sampled_from("FDI")),
        media=draw(st.integers(1, 3)),
        frequency=draw(st.sampled_from("DIWM")),
        data=draw(data_names),
        process=draw(st.sampled_from(["", "A", "M"])),
        run=draw(st.one_of(st.just(1), st.integers(1, 999))),
    )


def written(found: NameFields, style: str) -> str:
    """The name in the style; the example is given up where the style refuses the data name."""
    assume(style == "compact" or not re.match("[DIWM]-", found.data))
    return render(found, style)


@given(fields(), st.sampled_from(STYLES))
def test_p13_3_parse_undoes_render(found: NameFields, style: str) -> None:
    name = written(found, style)
    assert parse(name) == found
    assert parse(name, style) == found
    assert parse_with_style(name) == (found, style)


@given(fields(), st.sampled_from(STYLES))
def test_p13_3_a_name_of_one_style_is_none_of_the_other(found: NameFields, style: str) -> None:
    other = "dashed" if style == "compact" else "compact"
    with pytest.raises(NamingError):
        parse(written(found, style), other)


@given(fields(), fields(), st.sampled_from(STYLES))
def test_p13_3_fields_that_differ_have_names_that_differ(one: NameFields, other: NameFields, style: str) -> None:
    assert (one == other) == (written(one, style) == written(other, style))


@given(fields())
def test_p13_3_dashed_refuses_exactly_the_data_that_reads_as_a_frequency(found: NameFields) -> None:
    if re.match("[DIWM]-", found.data):
        with pytest.raises(NamingError, match="'data'"):
            render(found, "dashed")
    else:
        assert parse(render(found, "dashed")) == found


def accepted_exactly(text: str, style: str | None) -> bool:
    """Whether the text is taken for a name; if so it must be what ``render`` writes."""
    try:
        found, used = parse_with_style(text, style)
    except NamingError as error:
        assert re.search(r"'(year|month|day|hour|type|media|process|frequency|data|run|name)'", error.what)
        assert error.remedy
        return False
    assert render(found, used) == text
    return True


@given(st.text(max_size=80), st.sampled_from([None, *STYLES]))
@example("2017040124F1W-All\n", None)
@example("\u0662\u0660\u0661\u0667040124F1W-All", None)
@example("2017040124F1W-All\x00", None)
def test_p13_6_arbitrary_text_is_refused_or_exact(text: str, style: str | None) -> None:
    accepted_exactly(text, style)


@given(st.text("0123456789FDIAMWr.-x\n", max_size=60), st.sampled_from([None, *STYLES]))
def test_p13_6_text_of_the_same_letters_is_refused_or_exact(text: str, style: str | None) -> None:
    accepted_exactly(text, style)


mutations = st.one_of(st.characters(), st.sampled_from("0123456789FDIAMWr.-_ \n\x00\u0661f"))


@given(fields(), st.sampled_from(STYLES), st.data())
def test_p13_6_one_changed_character_is_refused_or_exact(found: NameFields, style: str, data: st.DataObject) -> None:
    name = written(found, style)
    at = data.draw(st.integers(0, len(name)))
    keep = data.draw(st.integers(0, 1))
    changed = name[:at] + data.draw(mutations) + name[at + keep :]
    if accepted_exactly(changed, None) and changed[8:9] != "-":
        assert COMPACT.fullmatch(changed)


@given(fields(), st.sampled_from(STYLES), st.integers(0, 80))
def test_p13_6_a_cut_name_is_refused_or_exact(found: NameFields, style: str, at: int) -> None:
    accepted_exactly(written(found, style)[:at], None)


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=5,
)


@given(anything)
def test_whatever_is_given_instead_of_a_name_is_a_naming_error_at_worst(value: object) -> None:
    for call in (parse, part_label, fields_from_dict, parsed_as_dict, rendered_from_dict):
        try:
            call(value)
        except NamingError as error:
            assert str(error).isascii()


@given(st.sampled_from(tuple(NameFields.__dataclass_fields__)), anything)
def test_whatever_is_given_in_a_field_is_a_naming_error_at_worst(key: str, value: object) -> None:
    given_fields = {**parsed_as_dict("2017040124F1W-All"), key: value}
    try:
        name = rendered_from_dict(given_fields)
    except NamingError:
        return
    assert accepted_exactly(name, None)


@given(fields(), st.sampled_from(STYLES))
def test_p13_4_dictionaries_go_both_ways(found: NameFields, style: str) -> None:
    name = written(found, style)
    assert rendered_from_dict(parsed_as_dict(name)) == name


@given(fields(), st.sampled_from(sorted(MEDIA_DIGIT)))
def test_p13_5_only_the_digit_differs_on_another_medium(found: NameFields, kind: str) -> None:
    name, copy = render(found), render(with_media(found, kind))
    assert copy == name[:11] + str(MEDIA_DIGIT[kind]) + name[12:]


@given(fields(), st.sampled_from(ZONES))
def test_p13_2_the_moment_lies_at_the_hour_of_the_name(found: NameFields, zone: str) -> None:
    local = moment(found, zone)
    asked = dt.datetime.combine(found.night, dt.time()) + dt.timedelta(hours=found.hour)
    shown = local.replace(tzinfo=None)
    # Later only where the zone skips that time, and then no clock ever showed it.
    assert asked <= shown <= asked + dt.timedelta(hours=1)
    if shown == asked:
        again = fields_for(
            local,
            type=found.type,
            media=found.media,
            frequency=found.frequency,
            data=found.data,
            process=found.process,
            run=found.run,
        )
        assert again == found
    else:
        there_and_back = asked.replace(tzinfo=local.tzinfo).astimezone(dt.timezone.utc).astimezone(local.tzinfo)
        assert there_and_back.replace(tzinfo=None) != asked


moments = st.datetimes(
    dt.datetime(1901, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.timezone.utc), allow_imaginary=False
)
clocks = st.integers(60, 24 * 60 + 59).map(lambda minutes: f"{minutes // 60:02d}:{minutes % 60:02d}")
windows = st.integers(0, 24 * 60).map(lambda minutes: f"{minutes // 60:02d}:{minutes % 60:02d}")


@given(moments, st.sampled_from(ZONES), clocks, windows)
@example(dt.datetime(2017, 10, 15, 3, tzinfo=dt.timezone.utc), "America/Sao_Paulo", "24:00", "06:00")
@example(dt.datetime(2006, 10, 29, 3, tzinfo=dt.timezone.utc), "America/St_Johns", "24:00", "06:00")
def test_p13_3a_slots(now: dt.datetime, zone: str, at: str, window_end: str) -> None:
    slot = slot_for(now, zone, at=at, window_end=window_end)
    assert slot.scheduled is not None
    assert slot.scheduled.timestamp() <= now.timestamp() < slot.scheduled.timestamp() + 50 * 3600
    assert slot.stamp.timestamp() == (now if slot.late else slot.scheduled).timestamp()
    named = fields_for(slot.stamp, type="F", media=1, frequency="D", data="x")
    if not slot.late:
        assert named.night == slot.night
        assert named.hour == min(int(at[:2]), 24)
    # The same night asked for by name is the same slot; the next one has not come.
    assert slot_for(now, zone, at=at, window_end=window_end, night=slot.night) == slot
    with pytest.raises(NamingError, match="has not come"):
        slot_for(now, zone, at=at, window_end=window_end, night=slot.night + dt.timedelta(days=1))


@given(moments, st.sampled_from(ZONES), st.integers(0, 5 * 3600 - 1))
def test_p13_3a_one_night_has_one_stamp(now: dt.datetime, zone: str, later: int) -> None:
    first = slot_for(now, zone)
    assert first.scheduled is not None
    # Every start in the first hours of a night, also over a change of the clocks.
    start = first.scheduled.astimezone(dt.timezone.utc)
    again = slot_for(start + dt.timedelta(seconds=min(later, 4 * 3600)), zone)
    assert (again.stamp, again.night, again.late) == (slot_for(start, zone).stamp, first.night, False)


@given(moments, st.sampled_from(ZONES))
def test_p13_3a_an_incidental_run_is_named_by_its_night(now: dt.datetime, zone: str) -> None:
    slot = incidental_slot(now, zone)
    assert slot.stamp.timestamp() == now.timestamp()
    assert fields_for(slot.stamp, type="F", media=1, frequency="I", data="x").night == slot.night


limits = st.integers(16, 80)


@given(fields(), st.sampled_from(STYLES), limits, st.booleans())
def test_p12_5_labels_fit_and_use_allowed_characters(found: NameFields, style: str, limit: int, iso: bool) -> None:
    name = written(found, style)
    result = label(found, style, limit, iso=iso)
    assert len(result.text) <= limit
    assert re.fullmatch(r"[A-Z0-9_]+" if iso else r"[A-Za-z0-9_.-]+", result.text)
    assert re.sub("[-_]", "", result.text)[:11] == name.replace("-", "")[:11]
    assert label(found, style, limit, iso=iso) == result
    if result.full and not iso:
        assert parse(result.text) == found
    if not result.full:
        with pytest.raises(NamingError):
            parse(result.text)


@given(fields(), data_names, st.sampled_from(STYLES), limits, st.booleans())
def test_p12_5_labels_of_data_names_that_differ_differ(
    found: NameFields, data: str, style: str, limit: int, iso: bool
) -> None:
    assume(found.data.lower() != data.lower())
    other = NameFields(**{**vars(found), "data": data})
    written(found, style), written(other, style)
    assert label(found, style, limit, iso=iso).text != label(other, style, limit, iso=iso).text


@given(fields(), fields(), st.sampled_from(STYLES), limits, st.booleans())
@example(
    NameFields(2017, 4, 1, 24, "F", 2, "W", "All", process="M"),
    NameFields(2017, 4, 1, 24, "F", 2, "M", "w_All"),
    "dashed",
    32,
    True,
)
@example(
    NameFields(2017, 4, 1, 24, "F", 2, "W", "All", run=2),
    NameFields(2017, 4, 1, 24, "F", 2, "W", "All_R2"),
    "compact",
    32,
    True,
)
def test_p12_5_labels_of_fields_that_differ_differ(
    one: NameFields, other: NameFields, style: str, limit: int, iso: bool
) -> None:
    assume(written(one, style).lower() != written(other, style).lower())
    assert label(one, style, limit, iso=iso).text != label(other, style, limit, iso=iso).text


@given(fields(), st.integers(1, 999), st.sampled_from([16, 32, 40]), st.booleans())
def test_p12_5_labels_of_runs_that_differ_differ(found: NameFields, run: int, limit: int, iso: bool) -> None:
    assume(found.run != run)
    other = NameFields(**{**vars(found), "run": run})
    assert label(found, "compact", limit, iso=iso).text != label(other, "compact", limit, iso=iso).text


hostile_names = st.one_of(
    st.text(min_size=1),
    st.text("aA-_0r2.", min_size=1, max_size=8),
    st.sampled_from(["globals", "GLOBALS", "manifest", "r2", "part", "x-0123abcd"]),
)


@given(hostile_names)
def test_parts_are_safe_file_name_parts(name: str) -> None:
    part = part_label(name)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}", part) and not part.startswith("-")
    assert part not in ("globals", "manifest") and not re.fullmatch("r[0-9]+", part)


@given(hostile_names, hostile_names)
@example("a", "A")
@example("globals", "Globals")
def test_parts_of_names_that_differ_differ_without_regard_to_case(one: str, other: str) -> None:
    assume(one != other)
    assert part_label(one).lower() != part_label(other).lower()


@given(hostile_names)
def test_a_part_taken_for_a_name_does_not_clash(name: str) -> None:
    part = part_label(name)
    assert part == name or part_label(part) != part


@given(st.one_of(st.text(), data_names), st.sampled_from(STYLES))
def test_p13_2_data_names_are_taken_whole_or_refused(text: str, style: str) -> None:
    allowed = (
        1 <= len(text) <= 40
        and set(text) <= set(ALPHANUMERIC + "-_")
        and text[0] in ALPHANUMERIC
        and text[-1] in ALPHANUMERIC
        and not (style == "dashed" and len(text) > 1 and text[0] in "DIWM" and text[1] == "-")
    )
    if allowed:
        assert check_data_name(text, style) == text
    else:
        with pytest.raises(NamingError, match="'data'"):
            check_data_name(text, style)
