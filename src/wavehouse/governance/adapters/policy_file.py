"""The file of retention policies, ``retention.toml`` in this package."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import Any, get_args

from wavehouse.governance import rules
from wavehouse.governance.types import REMOVING, Action, Guard, Period, Policy
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DatabaseName
from wavehouse.kernel.errors import InvalidInput

_FIELDS = {
    *("name", "table", "files", "clock", "keep", "setting", "action", "guard"),
    *("by", "reason", "owner", "source", "held_with", "clear"),
}


def read_policies(settings: Settings, text: str | None = None) -> tuple[Policy, ...]:
    """All policies, with the periods overridden by settings. InvalidInput names a wrong entry."""
    if text is None:
        text = (files("wavehouse.governance") / "retention.toml").read_text(encoding="utf-8")
    policies = tuple(_policy(entry, settings) for entry in tomllib.loads(text)["policy"])
    names = [policy.name for policy in policies]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"two retention policies are called {name!r}")
    return policies


def _policy(entry: dict[str, Any], settings: Settings) -> Policy:
    name = entry.get("name", "")
    unknown = sorted(set(entry) - _FIELDS)
    if unknown:
        raise InvalidInput(f"unknown field {unknown[0]!r}", where=f"retention policy {name!r}")
    try:
        made = _made(entry, settings)
    except (KeyError, ValueError) as wrong:
        raise InvalidInput(f"invalid entry: {wrong}", where=f"retention policy {name!r}") from None
    problem = _problem(made)
    if problem:
        raise InvalidInput(problem, where=f"retention policy {name!r}")
    return made


def _made(entry: dict[str, Any], settings: Settings) -> Policy:
    database, _, table = entry.get("table", "").partition(".")
    if table and database not in get_args(DatabaseName):
        raise ValueError(f"unknown database {database!r}")
    policy = Policy(
        name=entry["name"],
        action=Action(entry["action"]),
        owner=entry["owner"],
        source=entry["source"],
        database=database if table else None,
        table=table,
        files=entry.get("files", ""),
        held_with=entry.get("held_with", ""),
        clear=entry.get("clear", ""),
        clock=entry.get("clock", ""),
        keep=rules.period(entry["keep"]) if "keep" in entry else None,
        guard=Guard(entry["guard"]) if "guard" in entry else None,
        note=entry.get("by", "") or entry.get("reason", ""),
    )
    if "setting" in entry:
        return replace(policy, keep=Period(int(settings[entry["setting"]]), "day"))
    return policy


def _problem(policy: Policy) -> str:
    """The missing or contradictory fields of an entry, or an empty string."""
    if bool(policy.table) == bool(policy.files):
        return "name a table or a folder of files, not both"
    if policy.action in REMOVING:
        if policy.keep is None:
            return f"the action {policy.action} needs keep"
        if policy.table and not policy.clock:
            return f"the action {policy.action} needs clock"
    elif not policy.note:
        return f"the action {policy.action} needs by or reason"
    if policy.action is Action.COMPACT and policy.table != "listeners.playback_actions":
        return "only listeners.playback_actions can be compacted"
    if policy.action is Action.ARCHIVE and policy.table != "learning.behavioral_events":
        return "only learning.behavioral_events can be archived"
    if bool(policy.clear) != (policy.action is Action.ANONYMISE):
        return "anonymise, and no other action, needs clear: the column that it empties"
    if policy.files and policy.action not in (Action.DELETE, Action.ELSEWHERE, Action.NONE):
        return "files can only be deleted"
    if bool(policy.held_with) != (bool(policy.files) and policy.action is Action.DELETE):
        return (
            "files that are deleted, and only they, need held_with: the table that describes them"
        )
    return ""
