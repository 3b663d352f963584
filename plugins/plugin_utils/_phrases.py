# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks phrases up: one catalogue for each language, the same keys in all."""

from __future__ import annotations

import string
import typing as t

from . import (
    _codes_en,
    _codes_id,
    _findings_en,
    _findings_id,
    _phrases_en,
    _phrases_id,
    _remedies_en,
    _remedies_id,
)


def _joined(
    phrases: dict[str, str], codes: dict[str, str], findings: dict[str, str], remedies: dict[str, str]
) -> dict[str, str]:
    """A language's catalogue: a code says the same as an error and as a finding, unless a finding says more."""
    return {
        **phrases,
        **{f"error.{code}": text for code, text in codes.items()},
        **{f"finding.{code}": text for code, text in {**codes, **findings}.items()},
        **{f"remedy.{code}": text for code, text in remedies.items()},
    }


CATALOGUES: dict[str, dict[str, str]] = {
    "id": _joined(_phrases_id.PHRASES, _codes_id.CODES, _findings_id.FINDINGS, _remedies_id.REMEDIES),
    "en": _joined(_phrases_en.PHRASES, _codes_en.CODES, _findings_en.FINDINGS, _remedies_en.REMEDIES),
}
LANGUAGES = tuple(CATALOGUES)


class PhraseError(Exception):
    """A language, phrase or parameter does not exist. The message names it and what is allowed."""


def catalogue(language: str) -> dict[str, str]:
    if language not in CATALOGUES:
        raise PhraseError(f"language {language!r} has no catalogue of phrases; there are {', '.join(LANGUAGES)}")
    return CATALOGUES[language]


def has(key: str, language: str) -> bool:
    return key in catalogue(language)


def phrase(key: str, language: str, **params: t.Any) -> str:
    """The phrase with its ``{placeholders}`` filled; values are never read as placeholders."""
    found = catalogue(language).get(key)
    if found is None:
        raise PhraseError(f"there is no phrase {key!r} in language {language!r}")
    missing = sorted(fields(found) - set(params))
    if missing:
        raise PhraseError(f"phrase {key!r} needs {', '.join(missing)}")
    return string.Formatter().vformat(found, (), params) if "{" in found else found


def nearest(key: str, language: str) -> str:
    """The phrase of a dotted code or of the nearest code above it; empty when there is none.

    ``error.engine.postgresql.grants`` falls back on ``error.engine.postgresql``,
    then on ``error.engine``: a host may be newer than the controller.
    """
    known, parts = catalogue(language), key.split(".")
    candidates = (".".join(parts[:end]) for end in range(len(parts), 1, -1))
    return next((known[candidate] for candidate in candidates if candidate in known), "")


def fields(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}


def filled(text: str, params: t.Mapping[str, t.Any]) -> str | None:
    """The text filled, None when a parameter is missing."""
    return string.Formatter().vformat(text, (), params) if fields(text) <= set(params) else None
