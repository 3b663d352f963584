# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations, job files on the command line, and the parameters of the modules."""

from __future__ import annotations

import contextlib
import io
import json
import pathlib
import typing as t

from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._edges import (
    _checksum_module,
    _cli,
    _facts_module,
    _run_module,
    _transfer_module,
)
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site

from ..strategies.site import GOOD_SITES, JOB_FILES, MEDIUM, ROOT, SITES, options_of, placed, valid_options
from ..strategies.store import build, stores
from ..strategies.text import JUNK, TEXT, mostly, spoiled
from ..target import Place, Target
from ..words import check_error, check_terminal

# A site's tools: what looks at a source may start these, and nothing else.
_TOOLS = ("tar", "zstd", "gzip", "age", "age-keygen", "ssh-keygen", "python3", "python3.11", "python3.13")


def _parse(_place: Place, value: t.Any) -> None:
    parse_site(value)


def _moment(_place: Place, text: str) -> None:
    found = parse_at(text)
    assert found is None or found.utcoffset() is not None


def _engine(name: str) -> Target:
    """The options of one engine, whatever engine that is."""
    keys = options_of(name)

    def parse(_place: Place, value: t.Any) -> None:
        problems = Problems()
        options = ENGINES[name].parse(Reader(value, "sources[0]", problems))
        if not problems.found:
            assert ENGINES[name].describe(options)
        for text in problems.found:
            check_error(BackupError(text, "Correct it", code="config"))

    good = st.sampled_from(valid_options(name))
    more = st.dictionaries(st.sampled_from(keys), JUNK, max_size=4)
    both = st.builds(lambda one, two: {**one, **two}, good, more)
    return Target(f"engine.{name}.options", st.one_of(spoiled(both), JUNK), parse, 10)


def _tree(root: pathlib.Path) -> None:
    """A site that holds a tree and nothing else."""
    (root / "source").mkdir()
    (root / "source" / "file").write_bytes(b"data")


def _command(place: Place, value: tuple[str, bytes, list[str]]) -> None:
    command, raw, more = value
    with place.fresh() as root:
        _tree(root)
        job = root / "job.json"
        job.write_bytes(placed(raw, str(root)))
        said, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
            try:
                status = _cli.main([command, "--config", str(job), *more])
            except SystemExit as ended:
                # argparse has refused the words of the call.
                status = 0 if ended.code in (None, 0) else 2
        assert status in (0, 1, 2)
        assert status == 0 or (said.getvalue() + errors.getvalue()).strip(), "it failed without a word"
        check_terminal(said.getvalue() + errors.getvalue())
        if command == "facts" and status == 0:
            json.loads(said.getvalue(), parse_constant=_refuse)


def _refuse(text: str) -> t.NoReturn:
    raise AssertionError(f"{text} is no JSON")


_WORDS = st.one_of(
    st.just([]),
    st.lists(
        st.one_of(
            st.tuples(st.just("--at"), TEXT).map(list),
            st.tuples(st.just("--nights"), st.integers(-2, 10**20).map(str)).map(list),
            st.tuples(st.just("--only"), TEXT).map(list),
            TEXT.map(lambda text: [text]),
        ),
        max_size=2,
    ).map(lambda words: [word for some in words for word in some]),
)


def _checksum(place: Place, given: tuple[t.Any, t.Any]) -> t.Any:
    value, entries = given
    with place.fresh() as root:
        (root / "store").mkdir()
        build(root / "store", entries)
        return _checksum_module.checksum_result(placed(value, str(root)), check_mode=False)


def _transfer(place: Place, given: tuple[t.Any, t.Any]) -> t.Any:
    value, entries = given
    with place.fresh() as root:
        (root / "store").mkdir()
        (root / "medium").mkdir()
        build(root / "store", entries)
        return _transfer_module.transfer_result(placed(value, str(root)), check_mode=True)


def _facts(place: Place, value: tuple[t.Any, int, str]) -> t.Any:
    site, nights, at = value
    with place.fresh() as root:
        return _facts_module.run({**placed(site, str(root)), "nights": nights, "at": at})


def _news(place: Place, value: tuple[t.Any, str, str]) -> t.Any:
    site, run, night = value
    with place.fresh() as root:
        params = {"mode": "scheduled", "only": [], "again": False, "fail": True, "since": 0, "step": 0, "wait": 0.0}
        given = {**placed(site, str(root)), **params, "at": "", "follow": run, "night": night}
        return _run_module.run(given, check_mode=True)


_STORE = st.just(ROOT + "/store")
_PATHS = mostly(_STORE, st.one_of(st.just(ROOT + "/nowhere"), st.just("/proc/self/mem"), TEXT))
_TEXTS = mostly(st.sampled_from([[], [], ["SIMPEG"]]), st.lists(TEXT, max_size=3))
_CHECKSUM = st.fixed_dictionaries(
    {
        "path": _PATHS,
        "sources": _TEXTS,
        "names": _TEXTS,
        "newest": st.booleans(),
        "allowed_signers": mostly(st.none(), _PATHS),
        "signing_key": mostly(st.none(), _PATHS),
        "host": mostly(st.just("db1"), TEXT),
        "medium": mostly(st.just(""), st.one_of(st.just("internal"), TEXT)),
        "state": st.one_of(st.none(), st.just(ROOT + "/state")),
        "fail": st.booleans(),
        "at": mostly(st.just(""), TEXT),
    }
)
_TRANSFER = st.fixed_dictionaries(
    {
        "store": _PATHS,
        "state": st.just(ROOT + "/state"),
        "sources": _TEXTS,
        "names": _TEXTS,
        "newest": st.booleans(),
        "media": mostly(st.just([{"name": "internal", "kind": "disk", "path": ROOT + "/medium"}]), st.lists(MEDIUM)),
        "signing_key": st.none(),
        "allowed_signers": mostly(st.none(), _PATHS),
        "host": TEXT,
    }
)
TARGETS = (
    Target("site.parse", SITES, _parse, 40),
    *(_engine(name) for name in sorted(ENGINES)),
    Target("site.moment", TEXT, _moment, 5),
    Target("cli.facts", st.tuples(st.just("facts"), JOB_FILES, _WORDS), _command, 15),
    Target("cli.check", st.tuples(st.just("check"), JOB_FILES, _WORDS), _command, 3, _TOOLS),
    Target("module.checksum", st.tuples(_CHECKSUM, stores()), _checksum, 10),
    Target("module.transfer", st.tuples(_TRANSFER, stores()), _transfer, 10),
    Target("module.facts", st.tuples(spoiled(GOOD_SITES, 1), st.integers(-1, 40000), st.just("")), _facts, 5),
    Target("module.run", st.tuples(spoiled(GOOD_SITES, 1), TEXT, TEXT), _news, 3, _TOOLS),
)
