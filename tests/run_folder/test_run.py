"""What run, report and rerun leave, refuse and never touch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import bscsim
from bscsim import run_folder, simulate
from bscsim.record.store import StoreError
from bscsim.scenario import memory
from bscsim.scenario.faults import BscsimError, InputError
from bscsim.scenario.scenario import Study
from tests.run_folder.conftest import contents, tiny_study

pytestmark = pytest.mark.usefixtures("quick_report")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Count simulations, and simulate in this process."""
    from bscsim.run_folder import workers

    calls: list[Any] = []

    def counting(scenario: Any, engine: str, count: int | None, progress: Any) -> Any:
        calls.append(scenario)
        return simulate(scenario, progress=progress)

    monkeypatch.setattr(workers, "simulate_all", counting)
    return calls


@pytest.fixture
def folder(tmp_path: Path, study: Study, counted: list[Any]) -> Path:
    out = tmp_path / "out"
    run_folder.run(study, out=out)
    counted.clear()
    return out


def alone(folder: Path) -> bool:
    """Whether nothing else was left beside a folder."""
    return [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_run_leaves_cells_report_and_manifest(folder: Path) -> None:
    found = contents(folder)
    assert {"manifest.json", "summary.json", "report.html", "tables/effects.csv", "figures/practice.svg"} <= set(found)
    cells = [name for name in found if name.startswith("cells/")]
    assert [name.split("/")[1].split("-")[0] for name in sorted(cells)] == ["centers", "months", "staff"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["files"]) == set(found) - {"manifest.json"}
    assert manifest["times"]["started"] <= manifest["times"]["finished"]
    assert alone(folder)


def test_the_same_run_twice_gives_the_same_files(tmp_path: Path, study: Study, counted: list[Any]) -> None:
    for name in ("a", "b"):
        run_folder.run(study, out=tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_folder_is_named_after_the_study(
    tmp_path: Path, study: Study, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert bscsim.run(study).folder == Path("results/tiny")
    assert (tmp_path / "results" / "tiny" / "summary.json").is_file()


def test_progress_is_told(tmp_path: Path, study: Study, counted: list[Any]) -> None:
    told: list[tuple[int, int]] = []
    run_folder.run(study, out=tmp_path / "out", progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_replicates_and_seed_can_be_given(tmp_path: Path, study: Study, counted: list[Any]) -> None:
    run_folder.run(study, out=tmp_path / "out", replicates=1, seed=2**63 - 1)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["run"]["replicates"], manifest["run"]["seed"]) == (1, 2**63 - 1)
    assert manifest["layers"]["simulation.seed"] == "call"


@pytest.mark.parametrize("bad", [{"seed": -1}, {"seed": 1.5}, {"replicates": 0}])
def test_bad_settings_are_refused(bad: dict[str, Any], tmp_path: Path, study: Study, counted: list[Any]) -> None:
    with pytest.raises(InputError, match=f"simulation.{next(iter(bad))}"):
        run_folder.run(study, out=tmp_path / "out", **bad)
    assert list(tmp_path.iterdir()) == []


# ---- the folder is there already ------------------------------------------------------------------------------------


def test_the_same_run_again_only_makes_the_report(folder: Path, study: Study, counted: list[Any]) -> None:
    (folder / "report.html").unlink()
    (folder / "notes.txt").write_text("mine")
    before = {name: data for name, data in contents(folder).items() if name.startswith("cells/")}
    done = run_folder.run(study, out=folder)
    assert counted == []
    assert not done.simulated
    assert "nothing was simulated" in str(done)
    assert (folder / "report.html").is_file()
    assert (folder / "notes.txt").read_text() == "mine"
    assert {name: data for name, data in contents(folder).items() if name.startswith("cells/")} == before
    assert alone(folder)


@pytest.mark.parametrize("harm", ["gone", "truncated", "changed"])
def test_missing_or_damaged_cells_are_simulated_again(
    harm: str, folder: Path, study: Study, counted: list[Any]
) -> None:
    before = contents(folder)
    (cell,) = (folder / "cells").glob("staff-*.parquet")
    data = cell.read_bytes()
    if harm == "gone":
        cell.unlink()
    else:
        cell.write_bytes(data[:-10] if harm == "truncated" else data[:-1] + bytes([data[-1] ^ 1]))
    (folder / "notes.txt").write_text("mine")
    assert run_folder.run(study, out=folder).simulated
    assert len(counted) == 1
    assert contents(folder) == before | {"notes.txt": b"mine"}


def test_another_study_is_not_overwritten_without_force(folder: Path, counted: list[Any]) -> None:
    before = contents(folder)
    other = tiny_study(parameters__k_hour=0.05)
    with pytest.raises(InputError, match=r"holds another run: study tiny .*--force"):
        run_folder.run(other, out=folder)
    assert contents(folder) == before
    assert counted == []


@pytest.mark.parametrize("change", [{"simulation__seed": 2}, {"simulation__replicates": 3}, {"name": "other"}])
def test_another_seed_number_or_name_is_another_run(change: dict[str, Any], folder: Path, counted: list[Any]) -> None:
    other = tiny_study(**change)
    with pytest.raises(InputError, match="holds another run"):
        run_folder.run(other, out=folder)


def test_results_of_another_version_are_another_run(
    folder: Path, study: Study, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bscsim, "__version__", "99.0")
    with pytest.raises(InputError, match="bscsim "):
        run_folder.run(study, out=folder)


def test_force_replaces_our_files_and_no_others(folder: Path, counted: list[Any]) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "tables" / "mine.csv").write_text("mine")
    old_cells = {path.name for path in (folder / "cells").iterdir()}
    other = tiny_study(parameters__k_hour=0.05, simulation__replicates=1)
    run_folder.run(other, out=folder, force=True)
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "tables" / "mine.csv").read_text() == "mine"
    assert not old_cells & {path.name for path in (folder / "cells").iterdir()}
    assert json.loads((folder / "summary.json").read_text()) == {"replicates": 1}
    assert run_folder.rerun(folder, replicate=0)


def test_a_folder_with_files_of_others_needs_force(tmp_path: Path, study: Study, counted: list[Any]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.docx").write_text("mine")
    with pytest.raises(InputError, match=r"not results of bscsim \(thesis\.docx\)"):
        run_folder.run(study, out=out)
    assert counted == []
    run_folder.run(study, out=out, force=True)
    assert (out / "thesis.docx").read_text() == "mine"
    assert (out / "report.html").is_file()


@pytest.mark.parametrize("name", ["summary.json", "report.html", "tables", "manifest.json"])
def test_a_strangers_file_of_our_name_is_never_overwritten(
    name: str, tmp_path: Path, study: Study, counted: list[Any]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("{}")
    with pytest.raises(InputError, match="may not be ours"):
        run_folder.run(study, out=out, force=True)
    assert (out / name).read_text() == "{}"
    assert counted == []


def test_an_empty_folder_is_taken(tmp_path: Path, study: Study, counted: list[Any]) -> None:
    (tmp_path / "out").mkdir()
    assert run_folder.run(study, out=tmp_path / "out").simulated
    assert alone(tmp_path / "out")


def test_a_file_is_no_folder(tmp_path: Path, study: Study, counted: list[Any]) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="is a file"):
        run_folder.run(study, out=tmp_path / "out")


# ---- nothing half-made ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device"), ZeroDivisionError()])
@pytest.mark.parametrize("where", ["simulation", "report"])
def test_an_interrupted_run_leaves_nothing(
    error: BaseException, where: str, tmp_path: Path, study: Study, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bscsim import report
    from bscsim.run_folder import workers

    def fail(*arguments: object) -> None:
        raise error

    home, name = (workers, "simulate_all") if where == "simulation" else (report, "report_files")
    monkeypatch.setattr(home, name, fail)
    with pytest.raises(type(error)):
        run_folder.run(study, out=tmp_path / "new" / "deep" / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_rerun_leaves_the_old_results(
    folder: Path, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bscsim import report

    def fail(*arguments: object) -> None:
        raise KeyboardInterrupt

    before = contents(folder)
    monkeypatch.setattr(report, "report_files", fail)
    with pytest.raises(KeyboardInterrupt):
        run_folder.run(tiny_study(simulation__seed=5), out=folder, force=True)
    assert contents(folder) == before
    assert alone(folder)


def test_a_machine_that_stops_while_files_are_replaced_is_recovered_from(
    folder: Path, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest of the run before names all files, so the next run knows them as ours and puts them right."""
    other = tiny_study(simulation__seed=5)
    real, moved = Path.replace, []

    def stops(self: Path, target: Path) -> Path:
        if self.parent.name == "cells" and moved:
            raise KeyboardInterrupt
        moved.append(target)
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stops)
        with pytest.raises(KeyboardInterrupt):
            run_folder.run(other, out=folder, force=True)
    run_folder.run(other, out=folder, force=True)
    fresh = folder.parent / "fresh"
    run_folder.run(other, out=fresh)
    assert contents(folder) == contents(fresh)


def test_a_run_that_would_not_fit_is_refused_first(
    tmp_path: Path, study: Study, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 10_000)
    with pytest.raises(InputError, match="memory"):
        run_folder.run(study, out=tmp_path / "out")
    assert counted == []
    assert list(tmp_path.iterdir()) == []


# ---- plan, report and rerun -----------------------------------------------------------------------------------------


def test_a_plan_writes_nothing_and_says_what_would_happen(tmp_path: Path, study: Study) -> None:
    plan = run_folder.plan(study, out=tmp_path / "out", workers=1)
    assert (plan["centers"], plan["replicates"], plan["processes"], plan["folder_holds"]) == (2, 2, 1, "nothing")
    assert list(tmp_path.iterdir()) == []


def test_a_plan_refuses_what_a_run_would_refuse(folder: Path) -> None:
    with pytest.raises(InputError, match="holds another run"):
        run_folder.plan(tiny_study(simulation__seed=9), out=folder)


def test_the_report_is_made_again_from_the_cells(folder: Path, counted: list[Any]) -> None:
    before = contents(folder)
    for name in ("summary.json", "report.html"):
        (folder / name).unlink()
    assert "made again" in str(run_folder.report(folder))
    assert contents(folder) == before
    assert counted == []


def test_a_report_needs_a_folder_of_results(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        run_folder.report(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no manifest"):
        run_folder.report(tmp_path)
    for cell in (folder / "cells").iterdir():
        cell.unlink()
    with pytest.raises(StoreError):
        run_folder.report(folder)


def test_rerun_compares_bit_for_bit(folder: Path) -> None:
    said = run_folder.rerun(folder, cell=0, replicate=1)
    assert "4 center rows, 16 center-month rows and 40 staff rows" in said
    assert "bit for bit" in said


def test_rerun_names_what_differs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bit of one number of the stored record is changed, the file's own hash put right."""
    from bscsim.record import store

    real = store.read

    def altered(*arguments: Any, **settings: Any) -> Any:
        record = real(*arguments, **settings)
        fit = record.treated.arrays["fit"].copy()
        fit.view("u4")[0, 1, 2, 3] ^= 1
        record.treated.arrays["fit"] = fit
        return record

    monkeypatch.setattr(store, "read", altered)
    with pytest.raises(BscsimError, match=r"replicate 0 differs from the stored rows in treated\.fit$") as caught:
        run_folder.rerun(folder, replicate=0)
    assert caught.value.exit_status == 1


@pytest.mark.parametrize(("cell", "replicate", "said"), [(1, 0, "has one cell"), (0, 2, "0 to 1"), (0, -1, "0 to 1")])
def test_rerun_of_what_is_not_there(cell: int, replicate: int, said: str, folder: Path) -> None:
    with pytest.raises(InputError, match=said):
        run_folder.rerun(folder, cell=cell, replicate=replicate)


def test_rerun_needs_the_same_scenario(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["scenario"]["parameters"]["k_hour"] = 0.09
    path.write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="no longer the scenario"):
        run_folder.rerun(folder)


def test_a_report_on_a_roster_needs_no_roster(tmp_path: Path, counted: list[Any]) -> None:
    roster = tmp_path / "centers.csv"
    roster.write_text("id,sector,area,staff\n1,child_care,x,6\n2,head_start,y,8\n3,school,y,\n")
    study = tiny_study()
    scenario = study.scenario.with_values({})
    content = {**_without_synthetic(scenario), "roster": str(roster)}
    scenario = type(scenario).model_validate({**_plain(scenario), "population": content})
    study = Study("scenario", "tiny", scenario, Path("tiny.yaml"), {}, "")
    out = tmp_path / "out"
    run_folder.run(study, out=out)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["counts"]["dropped"] == {"staff blank": 1}
    assert manifest["counts"]["kept"] == 2
    assert run_folder.rerun(out)
    roster.write_text("id,sector,area,staff\n1,child_care,x,7\n2,head_start,y,8\n3,school,y,\n")
    with pytest.raises(InputError, match="no longer the scenario"):
        run_folder.rerun(out)
    roster.unlink()
    assert run_folder.report(out)
    with pytest.raises(InputError):
        run_folder.rerun(out)


def _plain(scenario: Any) -> dict[str, Any]:
    from bscsim.scenario.scenario import resolved

    return resolved(scenario)


def _without_synthetic(scenario: Any) -> dict[str, Any]:
    population = _plain(scenario)["population"]
    return {name: value for name, value in population.items() if name in ("drivers", "parents", "min_staff")}
