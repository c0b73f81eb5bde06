"""tables/*.csv: every column documented, every number to the last digit."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bscsim.record.trajectories import Trajectories
from bscsim.report.reading import Reading
from bscsim.report.tables import TABLES, frame


def read(files: dict[str, bytes], name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(files[f"tables/{name}.csv"]), engine="python")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_are_those_documented(table: Any, files: dict[str, bytes]) -> None:
    (header, first, *_) = csv.reader(io.StringIO(files[f"tables/{table.name}.csv"].decode()))
    assert header == list(table.columns)
    assert len(first) == len(header)
    readme = files["tables/README.md"].decode()
    assert f"## {table.name}.csv" in readme
    assert all(f"| {name} | {meaning} |" in readme for name, meaning in table.columns.items())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_numbers_come_back_to_the_last_bit(
    table: Any, files: dict[str, bytes], reading: Reading, manifest: dict[str, Any]
) -> None:
    made, back = frame(table, reading, manifest), read(files, table.name)
    assert len(back) == len(made) > 0
    for name in made.columns:
        if made[name].dtype == np.float64:
            np.testing.assert_array_equal(back[name].to_numpy(float), made[name].to_numpy())


def test_practice_by_role_is_weighted_by_people(files: dict[str, bytes], run: Trajectories) -> None:
    staff = run.staff(month=20)
    staff = staff[staff["filled"] & (staff["role"] == "assistant") & (staff["world"] == "twin")]
    wanted = staff.groupby("replicate")["practice"].mean().mean()
    table = read(files, "practice_by_role").set_index(["world", "role", "month"])
    assert table.loc[("twin", "assistant", 20), "mean"] == pytest.approx(wanted, rel=1e-6)


def test_center_effects_are_those_of_the_record(files: dict[str, bytes], run: Trajectories) -> None:
    truth = run.effects()
    truth = truth[(truth["estimand"] == "all_present") & truth["enrolled"] & (truth["month"] > 0)]
    truth = truth.sort_values(["month", "replicate", "center"])
    made = read(files, "center_effects")
    assert made["effect_sd"].to_numpy() == pytest.approx(truth["effect_sd"].to_numpy(), nan_ok=True)
    assert made["center"].tolist() == truth["center_id"].astype(str).tolist()


def test_the_calendar_is_written_out(files: dict[str, bytes]) -> None:
    table = read(files, "calendar").set_index("month")
    assert "session" in table.loc[4, "events"].split()
    assert table.loc[8, "phase"] == "follow-up"
    assert table.loc[0, "month_of_year"] == 9


def test_parameters_say_their_layer(files: dict[str, bytes]) -> None:
    table = read(files, "parameters").set_index("name")
    assert table.loc["k_hour", "set_by"] == "default"
    assert table.loc["k_hour", "value"] == table.loc["k_hour", "default"]


def test_the_run_chart_has_no_point_where_nothing_was_reported(files: dict[str, bytes]) -> None:
    table = read(files, "run_chart")
    assert set(table["month"]) == set(range(8))
    early = table[table["month"] < 2]
    assert early["value"].isna().all()
