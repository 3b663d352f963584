# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in an inventory, the configuration is a site or a list of problems."""

from __future__ import annotations

import typing as t

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, ConfigError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Site
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site

KEY = "age1" + "q" * 58
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["", "/", "//srv", "/srv", "..", "\0", "last", "daily", "weekly", "F", "none", "24:00", KEY, "disk"]
    ),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=8,
)


def mapping(names: str) -> st.SearchStrategy[dict[str, t.Any]]:
    """A mapping with some known keys that hold anything."""
    return st.dictionaries(st.sampled_from(names.split()), JSON, max_size=6)


MEDIUM = st.builds(lambda *parts: {k: v for part in parts for k, v in part.items()}, st.just(
    {"name": "internal", "kind": "disk", "path": "/mnt/nas"}), mapping("name kind path building extra"))  # fmt: skip
PLAN = mapping("type frequency day at extra")
SOURCE_KEYS = """name engine path media plan frequency day at each smallest description time_limit compression level
    encryption recipients proof inventory database databases exclude host port busy_seconds one_file_system extra"""
SOURCE = st.builds(
    lambda base, rest, plan: {**base, **rest, **({"plan": plan} if plan else {})},
    st.sampled_from(
        [
            {"name": "SIMPEG", "engine": "sqlite", "path": "/srv/a.db"},
            {"name": "Situs", "engine": "files", "path": "/srv/www"},
            {"name": "Basis", "engine": "postgresql", "database": "x"},
        ]
    ),
    mapping(SOURCE_KEYS),
    st.one_of(st.none(), st.lists(PLAN, max_size=3)),
)
SITE_KEYS = """host timezone building store state style process_letter window_end signing_key compression level
    encryption recipients proof inventory sources media extra"""
SITE = st.builds(
    lambda rest, sources, media: {"recipients": [KEY], "sources": sources, "media": media, **rest},
    mapping(SITE_KEYS),
    st.lists(SOURCE, max_size=3),
    st.lists(MEDIUM, max_size=2),
)


def judge(data: t.Any) -> None:
    try:
        found = parse_site(data)
    except ConfigError as problem:
        assert problem.problems
        assert all(isinstance(text, str) and ": " in text for text in problem.problems)
        str(problem).encode()
    else:
        assert isinstance(found, Site)
        for path in (found.store, found.state, found.signing_key, *(medium.path for medium in found.media)):
            assert path.startswith("/")
        for one in found.sources:
            protection = one.protection
            assert protection.encryption == "none" or (protection.encryption == "age" and protection.recipients)
            assert protection.compression in {"zstd", "gzip", "none"}
            assert protection.proof in {"stored", "open"}
            assert one.plan


@given(JSON)
def test_garbage_is_refused_in_words(data: t.Any) -> None:
    judge(data)


@settings(max_examples=300)
@given(SITE)
def test_a_nearly_good_configuration_is_a_site_or_refused_in_words(data: t.Any) -> None:
    judge(data)


@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59-12:00")
@given(st.one_of(st.text(max_size=30), st.datetimes().map(lambda moment: moment.isoformat() + "+14:00")))
def test_a_moment_is_understood_or_refused_in_words(text: str) -> None:
    try:
        moment = parse_at(text)
    except BackupError as problem:
        assert problem.code == "config.moment"
    else:
        assert moment is None or moment.utcoffset() is not None
