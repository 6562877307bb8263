"""Counting logs on other engines: the same figures, and the same digests as the stored rollups."""

from __future__ import annotations

import importlib.util
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from tests import acting

from wavehouse.engines import java_missing, spark_session
from wavehouse.measurement.adapters import spark
from wavehouse.measurement.adapters.statements import parts_of
from wavehouse.measurement.service import cluster, count_only

NOT_HERE = java_missing() or (
    "" if importlib.util.find_spec("pyspark") else "pip install 'wavehouse[spark]'"
)
USED = (
    "repeated_requests", "days", "candidates", "derived", "excess", "totals", "filtered", "flagged",
    "renditions", "calendar", "parts", "by_day",
)  # fmt: skip


@pytest.fixture
def counted(desk: Any, hit: Any) -> dict[str, Any]:
    """Two files of requests that count, that do not, and that return; stored, and by DuckDB."""
    hits = [
        *(hit.but(at=hit.at + timedelta(hours=23 * n)) for n in range(2)),
        *(hit.part(n * 300_000, n * 300_000 + 299_999, ip="198.51.100.2") for n in range(5)),
        hit.but(method="HEAD"), hit.but(agent="Googlebot/2.1"), hit.but(path="/nowhere.mp3"),
        *(hit.but(ip="198.51.100.77", agent=f"Player/{n}") for n in range(25)),
        hit.but(path="/two.mp3", ip="192.0.2.1"), hit.but(ip="192.0.2.1", path="/one.opus"),
    ]  # fmt: skip
    paths = [desk.log(*hits[:6]), desk.log(*hits[4:], name="more.log.gz")]
    desk.ingest(*paths)
    place = desk.place
    known = count_only.known_from_catalog(
        place.stores.operational, place.settings, identity=place.identity
    )
    return {
        "known": known,
        "paths": paths,
        "wanted": count_only.Wanted(by="episode"),
        "organization_id": place.identity.organization_id,
    }


def _stored(desk: Any, figures: Any) -> dict[str, str]:
    return acting.analytics(
        desk.place, cluster.stored_digests, first=figures.first, last=figures.last
    )


def test_ops24_counting_logs_gives_the_digests_of_the_stored_rollups(
    desk: Any, counted: dict[str, Any]
) -> None:
    """Every table, distinct listeners included: PostgreSQL's rows against DuckDB's."""
    found = cluster.count_by_duckdb(desk.place.settings, **counted)

    assert 9 == len(found.digests)
    assert _stored(desk, found.figures) == found.digests
    assert desk.total() == found.figures.downloads > 3


def test_the_parts_of_a_file_are_its_lines(
    desk: Any, counted: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """However small: each part is written under its own name, and a repeated one replaces it."""
    monkeypatch.setattr(cluster, "PART_BYTES", 150)
    paths, settings = counted["paths"], desk.place.settings
    whole = cluster.count_by_duckdb(settings, **counted)
    parts = cluster.parts_of_files([*paths, paths[0]], "auto")
    for name in ("taken", "agents"):
        (tmp_path / name).mkdir()
    read = [
        cluster.read_log_part(settings, counted["known"], part, tmp_path)
        for part in [*parts, parts[0]]
    ]
    lines = Counter({result.number: result.lines for result in read})

    assert len(parts) > 3
    assert whole.figures.read == lines.total()
    assert {f"part-{n:06d}.parquet" for n in range(len(parts))} == {
        path.name for path in (tmp_path / "taken").iterdir()
    }


@pytest.mark.parametrize("name", USED)
def test_every_statement_of_counting_goes_to_spark(name: str) -> None:
    """What sqlglot writes is parsed as Spark's dialect again; nothing of DuckDB's is left."""
    sqlglot = pytest.importorskip("sqlglot")
    translated = spark.translated(parts_of("counting")[name])

    assert sqlglot.parse_one(translated, read="spark") is not None
    assert "\\Q" not in translated
    assert "::" not in translated


@pytest.mark.harness
@pytest.mark.skipif(bool(NOT_HERE), reason=f"not run here: {NOT_HERE}")
def test_spark_gives_the_figures_and_digests_of_the_stored_path(
    desk: Any, counted: dict[str, Any], tmp_path: Any
) -> None:
    """On Spark in this process: totals, filters, windows, every rollup."""
    expected = cluster.count_by_duckdb(desk.place.settings, **counted)
    session = spark_session("local[2]")
    try:
        found = cluster.count_on_spark(session, desk.place.settings, staging=tmp_path, **counted)
    finally:
        session.stop()

    assert _stored(desk, found.figures) == found.digests
    assert expected.hours == found.hours
    assert expected.windows == found.windows
    assert [] == list(tmp_path.iterdir())
    for name in ("downloads", "listeners", "prefix_estimates", "filtered", "flagged", "read"):
        assert getattr(expected.figures, name) == getattr(found.figures, name), name
