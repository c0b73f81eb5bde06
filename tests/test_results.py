"""bscsim.results: the frames of a stored run, and SQL over its files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import bscsim
from bscsim import run_folder
from bscsim.scenario.faults import InputError
from bscsim.simulate import simulate
from tests.run_folder.conftest import tiny_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results [a]'s") / "tiny"
    run_folder.run(tiny_study(), out=out, workers=1)
    return out


def test_frames_are_those_of_the_run(folder: Path) -> None:
    found, run = bscsim.results(folder), simulate(tiny_study().scenario)
    for name in ("centers", "staff", "participation", "outcomes", "costs", "turnover", "effects"):
        pd.testing.assert_frame_equal(getattr(found, name)(), getattr(run, name)())
    assert len(found.staff(month=2)) < len(found.staff())
    assert found.summary["run"]["replicates"] == 2
    assert "tiny" in repr(found)


def test_sql_reads_cells_and_tables(folder: Path) -> None:
    found = bscsim.results(folder)
    query = "select replicate, avg(readiness) as r from months where world = 0 and month = 2 group by all order by 1"
    sql = found.sql(query)
    centers = found.centers()
    wanted = centers[(centers["world"] == "treated") & (centers["month"] == 2)].groupby("replicate")["readiness"].mean()
    assert sql["r"].to_numpy() == pytest.approx(wanted.to_numpy())
    assert found.sql("select count(*) as n from calendar")["n"][0] == 4
    assert set(found.sql("select distinct estimand from effects")["estimand"]) >= {"all_present", "stayers"}


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no manifest"):
        bscsim.results(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        bscsim.results(tmp_path / "nowhere")
