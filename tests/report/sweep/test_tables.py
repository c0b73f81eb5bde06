"""tables/*.csv of a sweep: every number to its last digit, every column explained, levels and states readable."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from bscsim.report.sweep import tables
from bscsim.report.sweep.study import Sweep
from tests.report.sweep import synthetic
from tests.report.sweep.conftest import summary_of

SweepOf = Callable[[str], Sweep]


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


@pytest.mark.parametrize("kind", synthetic.KINDS)
def test_every_column_is_explained_in_order_and_nothing_else(kind: str, sweep_of: SweepOf) -> None:
    files = tables.files(sweep_of(kind))
    explained = read(files.pop("columns.csv"))
    said: dict[str, list[str]] = {}
    for row in explained:
        assert row["meaning"]
        said.setdefault(row["table"], []).append(row["column"])
    assert said == {name: next(csv.reader(io.StringIO(data.decode("utf-8")))) for name, data in files.items()}


@pytest.mark.parametrize(("kind", "names"), [
    ("grid2", {"by_factor", "contrasts", "common_numbers"}), ("one_at_a_time", {"one_at_a_time", "contrasts"}),
    ("sampled", {"correlations"}), ("factorial", {"effects", "by_factor"}), ("morris", {"morris"}),
    ("sobol", {"sobol"}), ("partial", {"failed"}),
])  # fmt: skip
def test_an_analysis_that_was_made_has_its_table(kind: str, names: set[str], sweep_of: SweepOf) -> None:
    files = tables.files(sweep_of(kind))
    assert {f"{name}.csv" for name in names} <= set(files)
    assert "morris.csv" not in files or kind == "morris"


def test_numbers_come_back_bit_for_bit(sweep_of: SweepOf) -> None:
    rows = read(tables.files(sweep_of("grid2"))["responses.csv"])
    cells = summary_of("grid2")["cells"]
    assert len(rows) == len(cells) * 6
    for row in rows:
        values = cells[int(row["cell"])]["values"][row["response"]]
        assert {name: float(row[name]) for name in values} == values


def test_cells_have_a_column_a_factor_and_a_state(sweep_of: SweepOf) -> None:
    rows = read(tables.files(sweep_of("partial"))["cells.csv"])
    assert list(rows[0]) == ["cell", "label", "attendance", "readiness", "replicates", "status"]
    assert (rows[5]["attendance"], rows[5]["readiness"]) == ("0.6", "0.7")
    states = {row["cell"]: row["status"] for row in rows if row["status"] != "complete"}
    assert states == {"4": "failed", "7": "missing", "11": "missing"}


def test_a_cell_with_some_replicates_is_partial() -> None:
    summary: dict[str, Any] = {"run": {"replicates": 10}, "cells": [{"cell": 0, "replicates": 3, "levels": {}}]}
    assert tables.status(Sweep(summary), summary["cells"][0]) == "partial"


def test_levels_that_are_lists_are_json(sweep_of: SweepOf) -> None:
    rows = read(tables.files(sweep_of("grid_lists"))["cells.csv"])
    assert json.loads(rows[0]["calendar.sessions"]) == [3, 7]


def test_a_missing_value_is_an_empty_field(sweep_of: SweepOf) -> None:
    rows = read(tables.files(sweep_of("partial"))["responses.csv"])
    assert {row["mean"] for row in rows if row["cell"] == "7"} == {""}


def test_effects_say_what_they_are_aliased_with(sweep_of: SweepOf) -> None:
    rows = read(tables.files(sweep_of("fraction"))["effects.csv"])
    term = "elements.change_framework*elements.inclusive_team"
    row = next(row for row in rows if row["term"] == term)
    assert row["order"] == "2"
    assert row["aliased_with"] == "elements.expert_faculty*elements.shared_learning*elements.improvement_model"
    assert next(row for row in rows if row["term"] == "elements.expert_faculty")["aliased_with"] == ""
