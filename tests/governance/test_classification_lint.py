"""Every rule of the classification finds its fixture, and nothing once that is mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
import yaml

from wavehouse import schema
from wavehouse.governance.adapters import lineage
from wavehouse.governance.adapters.classification_file import read_vocabulary
from wavehouse.governance.adapters.policy_file import read_policies
from wavehouse.governance.rules.classifying.checking import findings
from wavehouse.governance.rules.classifying.codes import CODES
from wavehouse.governance.rules.classifying.values import looks_like, sampled
from wavehouse.governance.rules.linking import resolve
from wavehouse.governance.types.classification import ClassificationFile
from wavehouse.governance.types.findings import Facts
from wavehouse.kernel import config
from wavehouse.schema import Catalogue
from wavehouse.store import EmbeddedServer

FOLDER = Path(__file__).parent / "lint"
CASES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yml"))}
TABLE = {
    "owner": "shop",
    "kept": "a year",
    "classified_by": "shop",
    "classified_on": "2026-11-30",
    "why": "a fixture",
}
LEVELS = {"system": "internal", "user": "confidential", "UNCLASSIFIED": "UNCLASSIFIED"}


@pytest.fixture(scope="module")
def shop(server: EmbeddedServer) -> Iterator[str]:
    """A database with a schema for every case, and one for every mended case."""
    secret = server.superuser_password()
    admin = server.conninfo("postgres", "wavehouse_root", secret)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE lint_shop")
        conninfo = server.conninfo("lint_shop", "wavehouse_root", secret)
        with psycopg.connect(conninfo, autocommit=True) as tx:
            for code, case in CASES.items():
                for space, sql in (
                    (code.lower(), case["sql"]),
                    (f"{code.lower()}m", case["sql"] + "; " + case.get("mended_sql", "")),
                ):
                    tx.execute(f"CREATE SCHEMA {space}")
                    tx.execute(f"SET search_path = {space}")
                    tx.execute(sql)
        yield conninfo
        connection.execute("DROP DATABASE lint_shop WITH (FORCE)")


@pytest.fixture(scope="module")
def described(shop: str) -> Catalogue:
    """The catalogue of all cases."""
    return schema.catalogue(shop)


def _column(entry: Any) -> Any:
    if isinstance(entry, str):
        return {"category": entry, "level": LEVELS[entry.partition(".")[0]]}
    return entry


def _tables(case: dict[str, Any], mended: bool) -> dict[str, Any]:
    tables = {name: {**TABLE, **entry} for name, entry in case["tables"].items()}
    for name, change in case.get("mended", {}).items() if mended else ():
        columns = {**tables[name]["columns"], **change.get("columns", {})}
        tables[name] = {**tables[name], **change, "columns": columns}
    for entry in tables.values():
        entry["columns"] = {key: _column(value) for key, value in entry["columns"].items()}
    return tables


def _facts(code: str, catalogue: Catalogue, *, mended: bool) -> Facts:
    case, space = CASES[code], code.lower() + "m" * mended
    tables = _tables(case, mended)
    identifier = {"id": {"column": f"shop.{space}.people.id"}}
    subjects: dict[str, Any] = {}
    if "people" in tables:
        subjects["person"] = {
            "about": "a person",
            "maps_to": "customer",
            "root": f"shop.{space}.people.id",
            "identifiers": identifier,
        }
    for name, subject in case.get("subjects", {}).items():
        full = {"id": {"column": f"shop.{space}.{subject['root']}"}}
        subjects[name] = {**subject, "root": full["id"]["column"], "identifiers": full}
    document = {
        "version": 1,
        "vocabulary": "fideslang/3.1.4",
        "databases": {"shop": {"about": "a shop", "allow": case.get("allow", ["system", "user"])}},
        "apart": case.get("apart", []),
        "subjects": subjects,
        "tables": {f"shop.{space}.{name}": entry for name, entry in tables.items()},
    }
    known = resolve(msgspec.convert(document, ClassificationFile))
    own = tuple(table for table in catalogue.tables if table.space == space)
    catalogues = {"shop": replace(catalogue, tables=own)}
    samples = tuple(
        sample
        for place, values in case.get("values", {}).items()
        for table, _, column in [place.partition(".")]
        for sample in sampled(
            f"shop.{space}.{table}",
            column,
            known.tables[f"shop.{space}.{table}"].columns[column],
            values,
            frozenset(case.get("people", ())),
        )
    )
    return Facts(
        classification=known,
        vocabulary=read_vocabulary(),
        catalogues=catalogues,
        policies=_policies(case, space),
        sizes={f"shop.{space}.{name}": rows for name, rows in case.get("sizes", {}).items()},
        edges=lineage.edges(catalogues),
        samples=samples,
    )


def _policies(case: dict[str, Any], space: str) -> Any:
    # The file of policies knows only our databases, so these are read as ours and then moved.
    text = "".join(
        "[[policy]]\nowner = 'shop'\nsource = 'ours'\n"
        + "".join(
            f"{key} = '{f'operational.{space}.{value}' if key == 'table' else value}'\n"
            for key, value in policy.items()
        )
        for policy in case.get("policies", ())
    )
    settings = config.load({"home": "/nowhere"}, environment={})
    read = read_policies(settings, text or "policy = []")
    moved: Any = [replace(policy, database="shop") for policy in read]  # type: ignore[arg-type]
    return tuple(moved)


def test_every_code_has_a_fixture() -> None:
    """And every fixture a code."""
    assert list(CODES) == list(CASES)


@pytest.mark.parametrize("code", CASES)
def test_ops3_a_rule_finds_its_fixture(described: Catalogue, code: str) -> None:
    """Exactly these places, and nothing of another rule."""
    found = findings(_facts(code, described, mended=False))
    places = sorted({finding.where.removeprefix(f"shop.{code.lower()}.") for finding in found})

    assert {code} == {finding.code.number for finding in found}, found
    assert sorted(CASES[code]["finds"]) == places


@pytest.mark.parametrize(
    "code", [c for c, case in CASES.items() if {"mended", "mended_sql"} & set(case)]
)
def test_ops3_nothing_is_found_once_it_is_mended(described: Catalogue, code: str) -> None:
    """As the rule's remedy says."""
    found = findings(_facts(code, described, mended=True))
    places = [finding.where.removeprefix(f"shop.{code.lower()}m.") for finding in found]

    assert CASES[code].get("mended_finds", []) == places


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("ann@wavehouse.audio", "email address"),
        ("mail to <Ann.O'Neil+x@sub.wavehouse.audio>", "email address"),
        ("0199a3c4@erased.invalid", ""),
        ("ann@example.com", ""),
        ("@decorator and a@b", ""),
        ("4242 4242 4242 4242", "payment card"),
        ("4242424242424243", ""),
        ("0000 0000 0000 0000", ""),
        ("20261130123456789", ""),
        ("from 93.184.216.34:443", "IP address"),
        ("93.184.216.0/24", ""),
        ("10.0.0.1", ""),
        ("version 1.2.3", ""),
        ("2606:4700:4700::1111", "IP address"),
        ("12:30:45", ""),
        ("0199a3c4-5a4e-7000-8000-0000000000aa", "person's id"),
        ("0199a3c4-5a4e-7000-8000-0000000000ab", ""),
    ],
)
def test_values_look_like_what_they_are(value: str, kind: str) -> None:
    """Reserved example addresses, erased people, private networks and times are not personal."""
    assert kind == looks_like(value, frozenset({"0199a3c45a4e700080000000000000aa"}))
