"""The folder of a sweep: whose it is, what is replaced, refused and never touched, and guards against wrong rows."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import bscsim
from bscsim import run_folder
from bscsim.record import provenance
from bscsim.record.store import StoreError
from bscsim.report import sweep as report_sweep
from bscsim.run_folder import place, sweep, sweep_place
from bscsim.run_folder.sweep import Options
from bscsim.scenario.faults import BscsimError, InputError, ResumableError
from bscsim.sweeps import computing, layout, store, summary, workers
from bscsim.sweeps.claims import Claims
from bscsim.sweeps.computing import Task
from bscsim.sweeps.layout import Block
from tests.sweeps.conftest import REPLICATES, STUDY, data_of, stored, strays, summary_of, tiny_study


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for simulation and report, and fix the version of the model."""
    monkeypatch.setattr(provenance, "model_digest", lambda: "0123456789abcdef")
    monkeypatch.setattr(layout, "block_size", lambda _, replicates: min(10, replicates))
    monkeypatch.setattr(computing, "warm", lambda engine: None)
    monkeypatch.setattr(summary, "summarize", lambda sheet, held, _: {
        "complete": bool(sheet.there.all()), "there": int(sheet.there.sum()), "failed": len(held.failed),
    })  # fmt: skip
    monkeypatch.setattr(report_sweep, "sweep_files", lambda found, _: {
        "summary.json": json.dumps(found).encode(), "report.html": b"<p>", "tables/cells.csv": b"cell\n",
    })  # fmt: skip


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Block]:
    """The blocks that were computed."""
    found: list[Block] = []

    def compute(task: Task, _: Any = None) -> bytes:
        found.append(task.block)
        return data_of(task.block)

    monkeypatch.setattr(workers, "compute", compute)
    return found


@pytest.fixture
def folder(tmp_path: Path, computed: list[Block]) -> Path:
    """A folder with a complete study."""
    run_folder.run(tiny_study(tmp_path), tmp_path / "out", workers=1)
    computed.clear()
    return tmp_path / "out"


def other_study(tmp_path: Path) -> Any:
    return tiny_study(tmp_path, STUDY.replace("seed: 1", "seed: 2"))


def test_a_complete_study_has_its_rows_and_its_report(folder: Path) -> None:
    assert strays(folder) == []
    assert summary_of(folder) == {"complete": True, "there": 4 * REPLICATES, "failed": 0}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["files"] == ["report.html", "summary.json", "tables/cells.csv"]
    assert len(stored(folder)) == 4
    assert sorted(path.name for path in folder.parent.iterdir()) == ["out", "tiny.yaml"]


def test_again_nothing_is_computed(folder: Path, tmp_path: Path, computed: list[Block]) -> None:
    before = stored(folder)
    (folder / "report.html").unlink()
    ready = sweep_place.prepared(tiny_study(tmp_path), folder, "compiled")
    assert not sweep_place._differs(provenance.require(folder), ready.description), "no need to write it again"
    run_folder.run(tiny_study(tmp_path), folder, workers=1)
    assert computed == []
    assert stored(folder) == before
    assert (folder / "report.html").exists()


@pytest.mark.parametrize("change", [
    ("[effect@end]", "[attendance@end]"), ("responses: [effect@end]", "responses: [effect@end]\n  reference: 3"),
    ("name: tiny", "# why\nname: tiny"), ("sweep:", "sweep:\n  question: Which?"),
])  # fmt: skip
def test_what_is_asked_of_the_same_cells_is_what_the_last_run_asked(
    folder: Path, tmp_path: Path, computed: list[Block], change: tuple[str, str]
) -> None:
    text = STUDY.replace(*change)
    study = tiny_study(tmp_path, text)
    run_folder.run(study, folder, workers=1)
    assert computed == []
    manifest = provenance.require(folder)
    assert manifest["file"]["text"] == text
    assert manifest["block"] == study.block.plain()
    run_folder.report(folder)
    again = sweep_place.of_folder(folder).layout.design
    assert [ask.key for ask in again.asks] == [ask.key for ask in study.design.asks]
    assert again.reference == study.design.reference


def test_more_replicates_are_added_and_fewer_refused(folder: Path, tmp_path: Path, computed: list[Block]) -> None:
    with pytest.raises(InputError, match="holds 40 replicates of this study, and 39 are asked for"):
        run_folder.run(tiny_study(tmp_path), folder, replicates=39)
    run_folder.run(tiny_study(tmp_path), folder, replicates=55, workers=1)
    assert sorted(computed) == [Block(cell, first, end) for cell in range(4) for first, end in ((40, 50), (50, 55))]
    assert summary_of(folder)["there"] == 4 * 55
    assert strays(folder) == []


def test_another_study_is_refused_and_by_force_replaces_only_what_is_ours(
    folder: Path, tmp_path: Path, computed: list[Block]
) -> None:
    mine = [folder / "notes.txt", folder / "cells" / "mine.parquet", folder / "cells" / "mine.json"]
    for path in mine:
        path.write_text("mine")
    before = stored(folder)
    with pytest.raises(InputError, match="holds another run: study tiny"):
        run_folder.run(other_study(tmp_path), folder)
    assert stored(folder) == before
    assert computed == []
    run_folder.run(other_study(tmp_path), folder, force=True, workers=1)
    assert len(computed) == 16
    assert all(path.read_text() == "mine" for path in mine)
    after = stored(folder)
    assert not after.keys() & before.keys() - {path.name for path in mine}
    assert strays(folder) == ["cells/mine.json", "cells/mine.parquet", "notes.txt"]


def test_force_is_refused_while_a_runner_of_the_other_study_is_at_work(
    folder: Path, tmp_path: Path, computed: list[Block]
) -> None:
    before = stored(folder)
    with (
        Claims(folder, beat=0.05),
        pytest.raises(InputError, match=rf"holds another run: study tiny .*at work here \(process {os.getpid()} on .*"
                      "--force replaces it when that has ended or was stopped; or choose another --out"),
    ):  # fmt: skip
        run_folder.run(other_study(tmp_path), folder, force=True, workers=1)
    assert stored(folder) == before
    assert computed == []
    run_folder.run(other_study(tmp_path), folder, force=True, workers=1)
    assert len(computed) == 16


@pytest.mark.parametrize("shard", [None, "0/2"])
def test_a_runner_whose_folder_became_another_studys_leaves_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shard: str | None
) -> None:
    out, theirs = tmp_path / "out", other_study(tmp_path)
    other = sweep_place.prepared(theirs, out, "compiled")
    name = other.layout.name(Block(0, 0, 10))

    def compute(task: Task, _: Any = None) -> bytes:
        if not list((out / "cells").glob(f"{name}*")):
            (out / "manifest.json").write_text(provenance.to_text(other.description))
            store.put(out / "cells", name, data_of(Block(0, 0, 10)))
        return data_of(task.block)

    monkeypatch.setattr(workers, "compute", compute)
    with pytest.raises(BscsimError, match=r"which took the place of study tiny .* while that was run"):
        run_folder.run(tiny_study(tmp_path), out, workers=1, shard=shard)
    assert provenance.require(out)["study"]["digest"] == theirs.design.digest
    assert len(list((out / "cells").glob(f"{name}*"))) == 1
    assert not (out / "report.html").exists()


def test_another_version_of_the_model_is_another_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "model_digest", lambda: "another")
    with pytest.raises(InputError, match="holds another run"):
        run_folder.run(tiny_study(tmp_path), folder)


def test_a_report_without_rows_as_shipped_is_no_obstacle_to_another_version(
    folder: Path, tmp_path: Path, computed: list[Block], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (folder / "cells").iterdir():  # git does not keep them
        path.unlink()
    monkeypatch.setattr(provenance, "model_digest", lambda: "another")
    run_folder.run(tiny_study(tmp_path), folder, workers=1)
    assert len(computed) > 0
    assert provenance.require(folder)["versions"]["model"] == "another"


def test_files_of_others_are_refused_and_left(tmp_path: Path, computed: list[Block]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html").write_text("theirs")
    with pytest.raises(InputError, match="holds files that are not results of bscsim"):
        run_folder.run(tiny_study(tmp_path), tmp_path / "out")
    with pytest.raises(InputError, match=r"report\.html would be overwritten"):
        run_folder.run(tiny_study(tmp_path), tmp_path / "out", force=True)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]
    assert computed == []


@pytest.mark.parametrize("left", [[], [".manifest.json.0123abcd.tmp"], ["tmpab_12xyz/"], ["report.tmp-abcdefgh/"]])
def test_what_a_killed_beginning_left_is_no_obstacle(left: list[str], tmp_path: Path, computed: list[Block]) -> None:
    (tmp_path / "out").mkdir()
    for name in left:
        path = tmp_path / "out" / name
        path.mkdir() if name.endswith("/") else path.touch()
    run_folder.run(tiny_study(tmp_path), tmp_path / "out", workers=1)
    assert strays(tmp_path / "out") == []
    assert not [path for path in (tmp_path / "out").iterdir() if "tmp" in path.name]


@pytest.mark.parametrize("theirs", ["tmp", "tmpabcdefgh/file", "report.tmp-abcdefgh/file", "manifest.json"])
def test_what_only_looks_like_it_is_left(theirs: str, tmp_path: Path, computed: list[Block]) -> None:
    path = tmp_path / "out" / theirs
    path.parent.mkdir(parents=True)
    path.write_text("theirs")
    with pytest.raises(InputError, match="holds files that are not results"):
        run_folder.run(tiny_study(tmp_path), tmp_path / "out")
    assert path.read_text() == "theirs"


@pytest.mark.parametrize("damage", ["gone", "", '{"format": 1, "stu', '{"format": 1}', "no run"])
def test_the_same_command_repairs_a_manifest(
    damage: str, folder: Path, tmp_path: Path, computed: list[Block]
) -> None:
    path, before, first = folder / "manifest.json", stored(folder), provenance.require(folder)
    (folder / "tables" / "mine.csv").write_text("mine")
    if damage == "gone":
        path.unlink()
    else:
        path.write_text(provenance.to_text(first | {"run": {}}) if damage == "no run" else damage)
    for read in (run_folder.report, bscsim.results):
        with pytest.raises(InputError, match=r"manifest\.json: .*damaged.*`bscsim run` command.* repairs it"):
            read(folder)
    with pytest.raises(InputError, match=r"holds files that are not results|manifest\.json: lacks run\.seed, run\.rep"):
        run_folder.run(other_study(tmp_path), folder)
    with pytest.raises(InputError, match="holds 40 replicates of this study, and 39 are asked for"):
        run_folder.run(tiny_study(tmp_path), folder, replicates=39)
    run_folder.run(tiny_study(tmp_path), folder, workers=1)
    assert computed == []
    assert stored(folder) == before
    again = provenance.require(folder)
    assert again | {"times": 0} == first | {"times": 0}
    assert (folder / "tables" / "mine.csv").read_text() == "mine"


def test_a_manifest_is_not_made_for_rows_of_another_study(folder: Path, tmp_path: Path, computed: list[Block]) -> None:
    (folder / "manifest.json").unlink()
    before = stored(folder)
    with pytest.raises(InputError, match="holds files that are not results"):
        run_folder.run(other_study(tmp_path), folder, workers=1)
    assert stored(folder) == before


def test_the_manifest_of_a_report_is_on_the_disk_before_it_has_its_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renamed without a sync, a file may be empty after a power cut."""
    synced: list[str] = []
    real = os.fsync

    def sync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").resolve().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", sync)
    run_folder.report(folder)
    assert [name for name in synced if name.startswith("manifest.json.tmp-")], synced
    assert synced[-1] == folder.name


def test_the_first_of_two_that_begin_writes_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = sweep_place.prepared(tiny_study(tmp_path), tmp_path / "out", "compiled")
    sweep_place.begin(ready, force=False)
    first = (tmp_path / "out" / "manifest.json").read_bytes()
    looks = [place.Content.NOTHING, place.Content.SAME_RUN]  # what the other saw, before and after
    monkeypatch.setattr(sweep_place, "require_allowed", lambda *_: looks.pop(0))
    sweep_place.begin(ready, force=False)
    assert looks == []
    assert (tmp_path / "out" / "manifest.json").read_bytes() == first
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["cells", "manifest.json"]


def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(sweep_place.os, "link", no_links)
    ready = sweep_place.prepared(tiny_study(tmp_path), tmp_path / "out", "compiled")
    sweep_place.begin(ready, force=False)
    assert provenance.require(tmp_path / "out")["study"]["name"] == "tiny"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["cells", "manifest.json"]


# ---- guards ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def partial(tmp_path: Path, computed: list[Block]) -> Path:
    """A folder that lacks the last block of cell 3: its other cells are put together."""
    with pytest.raises(BscsimError):
        run_with(tmp_path, {Block(3, 30, 40): RuntimeError("no")})
    return tmp_path / "out"


def run_with(tmp_path: Path, raises: dict[Block, Exception]) -> None:
    real = workers.compute

    def compute(task: Task, stop: Any = None) -> bytes:
        if task.block in raises:
            raise raises[task.block]
        return real(task, stop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "compute", compute)
        run_folder.run(tiny_study(tmp_path), tmp_path / "out", workers=1)


def test_a_partial_study_says_what_is_missing(partial: Path, tmp_path: Path, computed: list[Block]) -> None:
    assert summary_of(partial) == {"complete": False, "there": 150, "failed": 1}
    next(partial.glob("cells/*.failed.json")).unlink()
    with pytest.raises(ResumableError, match="10 of 160 replicates are missing"):
        run_folder.report(partial)
    plan = run_folder.plan(tiny_study(tmp_path), partial)
    assert (plan["blocks"], plan["blocks_missing"], plan["folder_holds"]) == (16, 1, "this run")
    computed.clear()
    run_folder.run(tiny_study(tmp_path), partial, workers=1)
    assert computed == [Block(3, 30, 40)]
    assert summary_of(partial)["complete"]


def layout_of(folder: Path) -> layout.Layout:
    return sweep_place.of_folder(folder).layout


def test_a_block_copied_under_anothers_name_is_refused(partial: Path) -> None:
    name = layout_of(partial).name(Block(3, 30, 40))
    store.put(partial / "cells", name, data_of(Block(3, 0, 10)))
    with pytest.raises(StoreError, match="holds other rows than its name says"):
        run_folder.report(partial)
    with pytest.raises(StoreError, match="cell 3, replicate 0: 4 rows where 2 are due"):
        bscsim.results(partial).replicates()


@pytest.mark.parametrize("complete", [False, True])
def test_results_of_a_damaged_file_are_refused_not_read(partial: Path, tmp_path: Path, complete: bool) -> None:
    if complete:
        run_folder.run(tiny_study(tmp_path), partial, workers=1)
    path = flipped(partial)
    assert next(store.read(path, ["effect"])), "a flipped bit in a value does not keep Parquet from reading it"
    for read in (lambda: bscsim.results(partial).replicates(), lambda: bscsim.results(partial).sql("select 1")):
        with pytest.raises(StoreError, match=rf"{path.name}: damaged; the same `bscsim run` command computes it again"):
            read()


def flipped(folder: Path) -> Path:
    """Flip a bit of a stored value and return its file: the last byte of a block's last column, before its footer."""
    path = sorted((folder / "cells").glob("*.parquet"))[0]
    data = bytearray(path.read_bytes())
    footer = int.from_bytes(data[-8:-4], "little") + 8
    data[-footer - 5] ^= 1
    path.write_bytes(data)
    return path


def test_results_before_a_block_is_stored_say_so(partial: Path) -> None:
    for path in (partial / "cells").glob("*.parquet"):
        path.unlink()
    with pytest.raises(StoreError, match="holds no replicates of its study; the same `bscsim run` command"):
        bscsim.results(partial).replicates()


def test_a_row_that_is_missing_is_refused(partial: Path) -> None:
    from tests.sweeps.conftest import rows_of

    rows = {name: values[:-1] for name, values in rows_of(Block(3, 30, 40)).items()}
    store.put(partial / "cells", layout_of(partial).name(Block(3, 30, 40)), data_of(Block(3, 30, 40), **rows))
    with pytest.raises(StoreError, match="holds other rows than its name says"):
        run_folder.report(partial)
    with pytest.raises(StoreError, match="cell 3, replicate 39: 1 rows where 2 are due"):
        bscsim.results(partial).replicates()


def test_a_replicate_that_a_file_lacks_is_refused(partial: Path) -> None:
    from tests.sweeps.conftest import rows_of

    rows = {name: values[:-2] for name, values in rows_of(Block(3, 30, 40)).items()}
    store.put(partial / "cells", layout_of(partial).name(Block(3, 30, 40)), data_of(Block(3, 30, 40), **rows))
    with pytest.raises(StoreError, match="lacks replicates that its name says it has: 39 of cell 3"):
        bscsim.results(partial).replicates()


def test_two_runners_with_other_replicates_repair_what_they_leave(partial: Path, tmp_path: Path) -> None:
    names = layout_of(partial)
    for block in (Block(3, 28, 36), Block(3, 35, 40)):
        store.put(partial / "cells", names.name(block), data_of(block))
    with pytest.raises(StoreError, match="the same `bscsim run` command puts that right"):
        bscsim.results(partial).replicates()
    run_folder.run(tiny_study(tmp_path), partial, workers=1)
    assert summary_of(partial)["complete"]
    assert strays(partial) == []


def test_a_report_that_fails_loses_nothing(
    tmp_path: Path, computed: list[Block], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> dict[str, bytes]:
        raise ZeroDivisionError("oops")

    with monkeypatch.context() as patch:
        patch.setattr(report_sweep, "sweep_files", fails)
        with pytest.raises(BscsimError, match=r"the report failed \(ZeroDivisionError: oops\); the simulated results"):
            run_folder.run(tiny_study(tmp_path), tmp_path / "out", workers=1)
    assert len(stored(tmp_path / "out")) == 4
    computed.clear()
    run_folder.report(tmp_path / "out")
    assert computed == []
    assert summary_of(tmp_path / "out")["complete"]


def test_a_runner_leaves_the_report_to_one_that_does_more(folder: Path, tmp_path: Path) -> None:
    ready = sweep_place.prepared(tiny_study(tmp_path), folder, "compiled")
    manifest = provenance.require(folder)
    manifest["run"]["replicates"] = 50
    (folder / "manifest.json").write_text(provenance.to_text(manifest))
    before = stored(folder)
    with sweep.Claims(folder) as claims:
        assert "is being filled with 50 replicates by another runner" in sweep.finish(ready, claims)
    assert stored(folder) == before


def test_the_report_of_another_runner_is_not_made_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits(_: Any) -> bool:
        manifest = provenance.require(folder)
        manifest["times"]["report"] = "later"
        (folder / "manifest.json").write_text(provenance.to_text(manifest))
        return False

    monkeypatch.setattr(sweep, "wait_for", waits)
    monkeypatch.setattr(sweep, "finish", lambda *_: pytest.fail("made again"))
    assert "another runner wrote the report" in str(run_folder.run(tiny_study(tmp_path), folder, workers=1))


def test_a_large_study_asks_first(tmp_path: Path, computed: list[Block]) -> None:
    study = tiny_study(tmp_path, STUDY.replace("replicates: 40", "replicates: 900000000"))
    with pytest.raises(InputError, match=r"4 cells x 900,000,000 replicates would take .* --yes runs it"):
        run_folder.run(study, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    ready = sweep_place.prepared(study, tmp_path / "out", "compiled")
    assert sweep.require_asked(ready.layout, replace(Options(), yes=True)).disk > 10**10


def test_parts_of_no_whole_are_refused(tmp_path: Path) -> None:
    for text in ("4/4", "1", "-1/4", "a/b", "1/0"):
        with pytest.raises(InputError, match="must be I/N"):
            run_folder.run(tiny_study(tmp_path), tmp_path / "out", shard=text)
