"""What run, report and rerun leave, refuse and never touch."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import bscsim
from bscsim import run_folder, simulate
from bscsim.record.store import StoreError
from bscsim.run_folder import place
from bscsim.scenario import memory
from bscsim.scenario.faults import BscsimError, InputError
from bscsim.scenario.scenario import Study
from tests.run_folder.conftest import contents, tiny_study

pytestmark = pytest.mark.usefixtures("quick_report")

SIMULATE = sys.modules["bscsim.simulate"]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Count the simulations of whole studies."""
    calls: list[Any] = []

    def counting(scenario: Any, *arguments: Any, **named: Any) -> Any:
        if "replicates" not in named:
            calls.append(scenario)
        return simulate(scenario, *arguments, **named)

    monkeypatch.setattr(SIMULATE, "simulate", counting)
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
    with pytest.raises(InputError, match="was not written by bscsim"):
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


@pytest.mark.parametrize(
    ("made", "out", "said"),
    [
        ("file", "file/x", r"file/x: cannot be written: .*file is a file, not a folder; choose another --out"),
        ("file", "file/x/y", r"file/x/y: cannot be written: .*file is a file, not a folder"),
        ("link", "link", "link: is a link to nowhere, which is not there; choose another --out"),
        ("link", "link/x", r"link/x: cannot be written: .*link is a link to nowhere, which is not there"),
        ("circle", "circle", "circle: is a link to circle, which is not there"),
        ("", "x" * 255, "cannot be written: File name too long"),
    ],
)
@pytest.mark.parametrize("call", [run_folder.run, run_folder.plan])
def test_a_place_that_cannot_be_written_is_refused_first(
    call: Any, made: str, out: str, said: str, tmp_path: Path, study: Study, counted: list[Any]
) -> None:
    if made == "file":
        (tmp_path / made).write_text("mine")
    elif made:
        (tmp_path / made).symlink_to({"link": "nowhere", "circle": "circle"}[made])
    with pytest.raises(InputError, match=said) as caught:
        call(study, out=tmp_path / out)
    assert "tmp-" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / out))
    assert counted == []
    assert [path.name for path in tmp_path.iterdir()] == [made] * bool(made)


def test_a_folder_above_that_lets_nothing_in_is_refused_first(
    tmp_path: Path, study: Study, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user who may do anything can write everywhere, so the refusal of the system is made here."""

    def refuse(self: Path, *arguments: Any, **settings: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match=r"out: cannot be written: no folder can be made in .* \(Permission denied\)"):
        run_folder.run(study, out=tmp_path / "out")
    assert counted == []


def test_a_folder_that_is_there_but_closed_is_refused_first(
    folder: Path, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **settings: Any) -> None:
        raise PermissionError(13, "Permission denied", f"{settings['dir']}/tmp-1")

    before = contents(folder)
    monkeypatch.setattr(place.tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(InputError, match=r"out: cannot be written: Permission denied; choose another --out$"):
        run_folder.run(tiny_study(simulation__seed=5), out=folder, force=True)
    assert counted == []
    assert contents(folder) == before


@pytest.mark.parametrize("holds", ["nothing", "a file"])
def test_a_link_to_a_folder_is_followed(holds: str, tmp_path: Path, study: Study, counted: list[Any]) -> None:
    (tmp_path / "links").mkdir()
    real, link = tmp_path / "real" / "out", tmp_path / "links" / "out"
    real.mkdir(parents=True)
    if holds == "a file":
        (real / "notes.txt").write_text("mine")
    link.symlink_to(real)
    run_folder.run(study, out=link, force=True)
    assert link.is_symlink()
    assert (real / "report.html").is_file()
    (real / "report.html").unlink()
    run_folder.report(link)
    assert (real / "report.html").is_file()
    assert alone(real)
    assert alone(link)


# ---- nothing half-made ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("simulation", KeyboardInterrupt()),
        ("simulation", OSError(28, "No space left on device")),
        ("simulation", ZeroDivisionError()),
        ("report", KeyboardInterrupt()),
    ],
)
def test_an_interrupted_run_leaves_nothing(
    error: BaseException, where: str, tmp_path: Path, study: Study, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bscsim import report

    def fail(*arguments: object, **named: object) -> None:
        raise error

    home, name = (SIMULATE, "simulate") if where == "simulation" else (report, "report_files")
    monkeypatch.setattr(home, name, fail)
    with pytest.raises(type(error)):
        run_folder.run(study, out=tmp_path / "new" / "deep" / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_fails_loses_no_simulation(
    tmp_path: Path, study: Study, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bscsim import report

    def fail(run: object, manifest: object, folder: Path) -> None:
        (folder / "report.html").write_text("half")
        raise ZeroDivisionError("a figure")

    out = tmp_path / "out"
    with monkeypatch.context() as broken:
        broken.setattr(report, "write_report", fail)
        with pytest.raises(BscsimError, match=r"a figure.*bscsim report"):
            run_folder.run(study, out=out)
    assert {name.split("/")[0] for name in contents(out)} == {"cells", "manifest.json"}
    run_folder.report(out)
    assert (out / "report.html").is_file()
    assert len(counted) == 1
    assert alone(out)


def test_results_that_find_their_place_taken_are_kept_beside_it(
    tmp_path: Path, study: Study, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run finishes in the same folder while this one simulates: neither is lost, neither overwritten."""
    out = tmp_path / "out"

    def meanwhile(*arguments: Any, **named: Any) -> Any:
        with monkeypatch.context() as other:
            other.setattr(SIMULATE, "simulate", simulate)
            run_folder.run(tiny_study(simulation__seed=5), out=out)
        return simulate(*arguments, **named)

    with monkeypatch.context() as racing:
        racing.setattr(SIMULATE, "simulate", meanwhile)
        with pytest.raises(BscsimError, match="kept in"):
            run_folder.run(study, out=out)
    assert json.loads((out / "manifest.json").read_text())["run"]["seed"] == 5
    (kept,) = (path for path in tmp_path.iterdir() if path != out)
    assert json.loads((kept / "manifest.json").read_text())["run"]["seed"] == study.scenario.simulation.seed
    assert run_folder.rerun(kept).startswith("replicate 0")


def test_two_builds_for_one_folder_do_not_meet(tmp_path: Path) -> None:
    with place.beside(tmp_path / "out") as one, place.beside(tmp_path / "out") as two:
        assert one != two
        assert one.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_changed_code_is_run_anew(folder: Path, study: Study, counted: list[Any]) -> None:
    """The same scenario and version from other source code may give other numbers, so it is simulated again."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["versions"]["code"] = "0" * 16
    path.write_text(json.dumps(manifest))
    assert run_folder.run(study, out=folder).simulated
    assert len(counted) == 1
    assert not run_folder.run(study, out=folder).simulated


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


def test_what_would_not_fit_is_named_where_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("big.yaml").write_text("kind: scenario\nscenario:\n  simulation: {replicates: 90000000}\n")
    Path("small.yaml").write_text("kind: scenario\n")
    setting = "simulation.replicates=90000000"
    for file, overrides, options, where in (
        ("big.yaml", [], {}, "big.yaml:3:28"),
        ("small.yaml", [setting], {}, f"--set {setting}"),
        ("big.yaml", [], {"--replicates 90000000": setting}, "--replicates 90000000"),
    ):
        loaded = bscsim.load(file, overrides, options)
        with pytest.raises(InputError, match=rf"^{re.escape(where)}: simulation\.replicates: 90000000 replicates"):
            run_folder.plan(loaded)
    with pytest.raises(InputError, match=r"^simulation\.replicates: 90000000 replicates"):
        run_folder.run(bscsim.load("big.yaml"), replicates=90_000_000)


# ---- plan, report and rerun -----------------------------------------------------------------------------------------


def test_a_plan_writes_nothing_and_says_what_would_happen(tmp_path: Path, study: Study) -> None:
    plan = run_folder.plan(study, out=tmp_path / "out", workers=1)
    assert (plan["centers"], plan["replicates"], plan["threads"], plan["folder_holds"]) == (2, 2, 1, "nothing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("wrong", "message"), [
    ({"workers": 0}, "workers: must be at least 1, not 0"), ({"engine": "fast"}, "engine: must be compiled or mesa"),
    ({"engine": "mesa", "workers": 2}, "workers: must be left out or 1, not 2"),
])  # fmt: skip
@pytest.mark.parametrize("what", [run_folder.run, run_folder.plan])
def test_engine_and_workers_are_checked_first(
    what: Any, wrong: dict[str, Any], message: str, tmp_path: Path, study: Study
) -> None:
    with pytest.raises(InputError, match=message):
        what(study, out=tmp_path / "out", **wrong)
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


@pytest.mark.parametrize("edited", ["scenario", "run"])
def test_rerun_says_that_a_seed_was_edited(edited: str, folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    (manifest["run"] if edited == "run" else manifest["scenario"]["simulation"])["seed"] = 7
    path.write_text(json.dumps(manifest))
    said = "1 in its scenario and 7 in its run" if edited == "run" else "7 in its scenario and 1 in its run"
    with pytest.raises(InputError, match=f"no longer the scenario .*: simulation.seed is {said}"):
        run_folder.rerun(folder)


def test_rerun_says_that_the_streams_are_others(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["versions"]["streams"] = "0"
    manifest["study"]["digest"] = "of old"
    path.write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"the random streams are of version \d+, and were of version 0"):
        run_folder.rerun(folder)


def roster_study(roster: str) -> Study:
    scenario = tiny_study().scenario
    content = {**_without_synthetic(scenario), "roster": roster}
    scenario = type(scenario).model_validate({**_plain(scenario), "population": content})
    return Study("scenario", "tiny", scenario, Path("tiny.yaml"), {}, "")


def test_rerun_finds_a_roster_from_any_folder(
    tmp_path: Path, counted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for data in (home / "data", elsewhere / "data"):
        data.mkdir(parents=True)
    text = "id,sector,area,staff\n1,child_care,x,6\n2,head_start,y,8\n"
    (home / "data" / "centers.csv").write_text(text)
    monkeypatch.chdir(home)
    run_folder.run(roster_study("data/centers.csv"), out="results/tiny")
    assert str(tmp_path) not in (home / "results" / "tiny" / "manifest.json").read_text()
    monkeypatch.chdir(elsewhere)
    assert "bit for bit" in run_folder.rerun("../home/results/tiny")
    (elsewhere / "data" / "centers.csv").write_text(text.replace("6", "7"))  # another of the same name goes after it
    assert "bit for bit" in run_folder.rerun(home / "results" / "tiny")
    (home / "data" / "centers.csv").unlink()
    with pytest.raises(InputError, match=r"the roster data/centers\.csv has changed \(SHA-256 \w+ then, \w+ now\)"):
        run_folder.rerun(home / "results" / "tiny")
    (elsewhere / "data" / "centers.csv").unlink()
    with pytest.raises(InputError, match=r"the roster data/centers\.csv is neither there .*start rerun in the folder"):
        run_folder.rerun(home / "results" / "tiny")


def test_a_report_on_a_roster_needs_no_roster(tmp_path: Path, counted: list[Any]) -> None:
    roster = tmp_path / "centers.csv"
    roster.write_text("id,sector,area,staff\n1,child_care,x,6\n2,head_start,y,8\n3,school,y,\n")
    study = roster_study(str(roster))
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
