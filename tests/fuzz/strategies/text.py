# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words, values and bytes that break what trusts them, and ways to spoil what was good."""

from __future__ import annotations

import copy
import typing as t

from hypothesis import strategies as st

from ..words import IDENTITY, PASSWORD

_WORDS = st.sampled_from(
    [
        "",
        " ",
        ".",
        "..",
        "../../../tmp/outside",
        "/etc/passwd",
        "-rf",
        "--",
        "a\nb",
        "a\r\nb",
        "\x00",
        "\x07",
        "\x1b[2J\x1b]0;owned\x07",
        "\x9b31m",
        "\u202egnirts",
        "\u2028",
        "\ud800",
        "a\udcffb",
        "{{ lookup('pipe', 'id') }}",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "=cmd|' /C calc'!A0",
        "'; DROP TABLE pegawai; --",
        "`id`",
        "$(id)",
        "%s%n%(x)s",
        "{0.__class__}",
        "é",
        "データ",
        "😀" * 20,
        "A\u0301",
        "0x10",
        "1_000",
        "٣",
        "nan",
        IDENTITY,
        " " + IDENTITY.lower(),
    ]
)
# Made when they are drawn: what holds a strategy may want to show it.
_LONG = st.sampled_from([300, 5_000]).map("x".__mul__)
NASTY = st.one_of(_WORDS, _WORDS, _LONG)
# With lone surrogates, which hypothesis leaves out by itself.
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=24)
TEXT = st.one_of(ANY_TEXT, NASTY)
NUMBERS = st.one_of(
    st.integers(-2, 70),
    st.integers(),
    st.sampled_from([2**31, 2**63, -(2**63), 10**39, 10**41, 10**400]),
    st.floats(allow_nan=True, allow_infinity=True),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT)
JUNK: st.SearchStrategy[t.Any] = st.one_of(
    LEAVES,
    st.recursive(
        LEAVES,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
        max_leaves=8,
    ),
)
SECRETS = st.sampled_from(["password", "passwd", "token", "secret"]).map(lambda key: (key, PASSWORD))


@st.composite
def mostly(draw: st.DrawFn, good: st.SearchStrategy[t.Any], odd: st.SearchStrategy[t.Any], share: int = 4) -> t.Any:
    """Odd once in a while. ``one_of`` counts the branches of its branches, so that what is rich would win."""
    return draw(odd) if draw(st.integers(0, share)) == share else draw(good)


@st.composite
def spoiled(draw: st.DrawFn, good: st.SearchStrategy[t.Any], most: int = 3) -> t.Any:
    """A document that is almost valid: some of its values replaced, removed, doubled, or joined by others."""
    document = copy.deepcopy(draw(good))
    for _time in range(draw(st.integers(0, most))):
        place = document
        for _depth in range(draw(st.integers(0, 4))):
            keys = [key for key in _keys(place) if isinstance(place[key], (dict, list)) and place[key]]
            if not keys:
                break
            place = place[draw(st.sampled_from(keys))]
        _spoil(draw, place)
    return document


def _keys(place: t.Any) -> list[t.Any]:
    return list(place) if isinstance(place, dict) else list(range(len(place)))


def _spoil(draw: st.DrawFn, place: t.Any) -> None:
    keys = _keys(place)
    act = draw(st.sampled_from(["replace", "replace", "replace", "remove", "double", "join"]))
    if not keys or act == "join":
        if isinstance(place, dict):
            place[draw(TEXT)] = draw(JUNK)
        else:
            place.append(draw(JUNK))
        return
    key = draw(st.sampled_from(keys))
    if act == "remove":
        del place[key]
    elif act == "double" and isinstance(place, list):
        place.append(copy.deepcopy(place[key]))
    else:
        place[key] = draw(JUNK)


@st.composite
def torn(draw: st.DrawFn, good: st.SearchStrategy[bytes], most: int = 3) -> bytes:
    """Bytes of which some were changed, cut out, put in, doubled, or taken off the end."""
    raw = draw(good)
    for _time in range(draw(st.integers(0, most))):
        at = draw(st.integers(0, max(len(raw) - 1, 0)))
        size = draw(st.integers(1, 64))
        act = draw(st.sampled_from(["flip", "cut", "drop", "put", "double", "fill"]))
        if act == "flip":
            raw = raw[:at] + bytes([draw(st.integers(0, 255))]) + raw[at + 1 :]
        elif act == "cut":
            raw = raw[:at]
        elif act == "drop":
            raw = raw[:at] + raw[at + size :]
        elif act == "put":
            raw = raw[:at] + draw(st.binary(max_size=40)) + raw[at:]
        elif act == "double":
            raw = raw[: at + size] + raw[at:]
        else:
            raw = raw[:at] + bytes([draw(st.integers(0, 255))]) * size + raw[at + size :]
    return raw


# JSON that no writer of ours makes.
_ODD = st.sampled_from(
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"{} {}",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": 1, "a": 2}',
    ]
)
_DEEP = st.builds(
    lambda parts, times: parts[0] + parts[1] * times + parts[2] * times + parts[3],
    st.sampled_from(
        [
            (b"", b"[", b"", b""),
            (b"", b"[", b"]", b""),
            (b"", b'{"a":', b"", b""),
            (b"", b'{"a":', b"}", b"0"),
            (b'{"a": ', b"9", b"", b"}"),
            (b'{"a": -', b"9", b"", b"}"),
            (b"[", b"0,", b"", b"0]"),
            (b'{"a":"', b"x", b"", b'"}'),
        ]
    ),
    st.sampled_from([10, 41, 330, 900, 1_200, 4_400]),
)
ODD_JSON = st.one_of(_ODD, _DEEP, _DEEP)


@st.composite
def chunked(draw: st.DrawFn, good: st.SearchStrategy[bytes]) -> list[bytes]:
    """Bytes in pieces of any size."""
    raw = draw(good)
    sizes = draw(st.lists(st.integers(1, 3000), min_size=1, max_size=8))
    pieces, at, turn = [], 0, 0
    while at < len(raw):
        pieces.append(raw[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    return pieces
