# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator sees while a run goes on: one line for each event or step."""

from __future__ import annotations

import shlex
import typing as t

from . import _plain

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def lines_of(host: str, events: t.Sequence[t.Mapping[str, t.Any]], progress: t.Mapping[str, t.Any]) -> list[str]:
    """Lines for the terminal; everything that came from the host is made printable."""
    told = _plain.mappings({"events": events}, "events")
    lines = [
        line for event in told for line in [_event_line(event.get("event"), _plain.mapping(event, "data"))] if line
    ]
    progress = progress if isinstance(progress, t.Mapping) else {}
    step, moved = _plain.text(progress, "step"), _plain.number(progress, "bytes")
    if not lines and progress.get("step"):
        lines.append(f"{_plain.text(progress, 'source') or 'run'}: {step}" + (f" {size(moved)}" if moved else ""))
    return [printable(f"[{host}] {line}") for line in lines]


def lines_of_check(host: str, result: t.Mapping[str, t.Any]) -> list[str]:
    """What a check found: each backup that would be made, and each finding that the message does not tell already."""
    told = "error" if result.get("failed") else ""
    lines = [
        f"{_plain.text(job, 'source')}: {_plain.text(job, 'type')} {_plain.text(job, 'frequency')} "
        f"of the night {_plain.text(job, 'night')}, copied to {', '.join(_plain.texts(job, 'media')) or 'no medium'}"
        for job in _plain.mappings(result, "plan")
    ]
    lines += [
        f"{_plain.text(hook, 'when')} {', '.join(_plain.texts(hook, 'sources'))} "
        f"({_plain.text(hook, 'kind')} {_plain.text(hook, 'name')}): "
        f"{shlex.join(_plain.texts(hook, 'words'))}, at most {_plain.text(hook, 'time_limit')} min"
        for hook in _plain.mappings(result, "hooks")
    ]
    findings = [item for item in _plain.mappings(result, "findings") if item.get("level") != told]
    # What holds for several sources, such as a word about their medium, is said once.
    lines += dict.fromkeys(map(_finding_line, findings))
    return [printable(f"[{host}] {line}") for line in lines]


def _finding_line(finding: t.Mapping[str, t.Any]) -> str:
    level, message, remedy = (_plain.text(finding, key) for key in ("level", "message", "remedy"))
    return f"{level}: {message}. {remedy}".rstrip(". ") + "."


def _event_line(event: t.Any, data: t.Mapping[str, t.Any]) -> str:
    """One line, whatever a host says: one that is broken, or hostile, must not end the play of the others."""
    source, outcome, medium = (_plain.text(data, key) for key in ("source", "outcome", "medium"))
    why = _plain.text(_plain.mapping(data, "error"), "message")
    seconds = _plain.number(data, "seconds") or 0.0
    if event == "source.started":
        return f"{source}: started"
    if event == "source.finished":
        if outcome != "success":
            return f"{source}: FAILED - {why}"
        plain, stored = (size(_plain.number(data, key) or 0) for key in ("plain_bytes", "stored_bytes"))
        return f"{source}: {_plain.text(data, 'name')} ({seconds:.1f} s, {plain} plain, {stored} stored)"
    if event == "copy.finished":
        if data.get("error"):
            return f"{source}: copy to {medium} FAILED - {why}"
        return f"{source}: copy on {medium} {outcome}"
    if event in ("hook.started", "hook.finished"):
        return _hook_line(event, data, why, seconds)
    if event == "run.finished":
        return f"run ended after {seconds:.1f} s: {outcome}"
    return f"run interrupted: {why}" if event == "run.interrupted" else ""


def _hook_line(event: str, data: t.Mapping[str, t.Any], why: str, seconds: float) -> str:
    hook = f"{_plain.text(data, 'name')}: {_plain.text(data, 'when')}-hook"
    if event == "hook.started":
        return f"{hook} started"
    return f"{hook} FAILED - {why}" if data.get("error") else f"{hook} ended well ({seconds:.1f} s)"


def size(count: float) -> str:
    """Bytes with a binary unit."""
    for unit in _UNITS:
        if count < 1024 or unit == _UNITS[-1]:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return ""


def printable(text: str) -> str:
    """Without anything that could move the cursor or change the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
