"""The command line: what it prints where, and its exit status."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import bscsim
from bscsim import cli, console
from bscsim.scenario.faults import BscsimError
from bscsim.scenario.parameters import table

ROOT = Path(__file__).parents[1]
FEASIBILITY = ROOT / "experiments" / "ccl_feasibility.yaml"
COMMAND = [sys.executable, "-m", "bscsim.cli"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"}

BAD = """\
kind: scenario
name: bad
population: {centres: 8}
elements: {change_framework: 1.5}
simulation: {seed: -1}
"""


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120)


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command line in this process and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["bscsim", *map(str, arguments)])
    return cli.main()


# ---- check --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [FEASIBILITY], ids=lambda file: file.name)
def test_check_accepts_a_shipped_file(file: Path, tmp_path: Path) -> None:
    done = run("check", file, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}: ok (scenario: {file.stem})\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_bad_file_is_two_with_every_fault_and_nothing_left(command: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    done = run(command, "bad.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    places = [line.split(": ")[0] for line in done.stderr.splitlines()]
    assert [place for place in places if place.startswith("bad.yaml:3:")]
    assert [place for place in places if place.startswith("bad.yaml:4:")]
    assert [place for place in places if place.startswith("bad.yaml:5:")]
    assert "centers" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_file_that_is_not_there_is_two(command: str, tmp_path: Path) -> None:
    done = run(command, "absent.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "absent.yaml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("seed", "status"), [("0", 0), (2**63 - 1, 0), ("-1", 2), ("1.5", 2), (2**63, 2), ("x", 2)])
def test_seeds(seed: object, status: int, tmp_path: Path) -> None:
    done = run("check", FEASIBILITY, "--set", f"simulation.seed={seed}", cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr


def test_a_roster_study_without_its_roster_says_how_to_give_it(tmp_path: Path) -> None:
    done = run("check", ROOT / "experiments" / "nc_roster.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "--set population.roster=" in done.stderr


def test_a_roster_study_with_a_roster(tmp_path: Path) -> None:
    rows = [f"{number},County {number % 3},Head Start,{4 + number % 20}" for number in range(60)]
    (tmp_path / "centers.csv").write_text("\n".join(["id,county,category,employees", *rows]))
    file = ROOT / "experiments" / "nc_roster.yaml"
    done = run("check", file, "--set", "population.roster=centers.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["centers.csv: 60 centers kept, 0 rows dropped"]
    (tmp_path / "centers.csv").write_text(
        "\n".join(["id,county,category,employees", *rows, "60,A,Head Start,", "61,A,Head Start,0", "62,A,,9"]))
    done = run("check", file, "--set", "population.roster=centers.csv", cwd=tmp_path)
    said = "centers.csv: 60 centers kept, 3 rows dropped (1 staff blank, 1 staff zero, 1 sector blank)"
    assert done.stdout.splitlines()[1:] == [said]
    (tmp_path / "centers.csv").write_text("id,county,category,employees\n1,A,Head Start,-3\n")
    done = run("check", file, "--set", "population.roster=centers.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "centers.csv:2: employees: must be a whole number, 0 to 1000, not -3" in done.stderr


# ---- parameters ---------------------------------------------------------------------------------------------------


def test_parameters_as_json(tmp_path: Path) -> None:
    done = run("parameters", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert [row["name"] for row in rows] == [row.name for row in table()]
    assert all(row["low"] <= row["default"] <= row["high"] for row in rows)
    assert {"unit", "status", "source", "about", "group", "plausible_low", "plausible_high"} <= set(rows[0])


@pytest.mark.parametrize("form", [[], ["--markdown"]])
def test_parameters_for_people(form: list[str], tmp_path: Path) -> None:
    done = run("parameters", *form, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    missing = [row.name for row in table() if row.name not in done.stdout]
    assert missing == []


@pytest.mark.parametrize("columns", ["60", "80", "300"])
def test_parameters_can_be_read_in_any_width(columns: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert call(monkeypatch, "parameters") == 0
    lines = capsys.readouterr().out.splitlines()
    assert {row.name for row in table()} <= set(lines)
    assert max(len(line) for line in lines[:-1]) <= min(int(columns), 100)
    assert not any(sign in line for line in lines for sign in "\u2502\u2503\u2500")


@pytest.mark.parametrize(("columns", "tables"), [("119", False), ("160", True)])
def test_a_wide_terminal_gets_tables(
    columns: str, tables: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    console.show_parameters(table())
    assert ("\u2502" in capsys.readouterr().out) is tables


# ---- help and mistakes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "check", "parameters", "rerun", "report"])
def test_each_command_has_help(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, command, "--help") == 0
    assert "Usage" in capsys.readouterr().out


def processor_time(command: list[str], cwd: Path) -> float:
    """Processor seconds of a command, the least of three."""
    resource = pytest.importorskip("resource")
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def test_help_is_quick(tmp_path: Path) -> None:
    """Half a second is promised, of which typer's own help takes most (0.2 s on the machine where this was written).

    A busy or slow machine stretches both alike, so the test is that ours adds less than typer costs anyway; importing
    pandas would add three times as much.
    """
    bare = "import typer; app = typer.Typer(); app.command()(lambda: None); app()"
    least = processor_time([sys.executable, "-c", bare, "--help"], tmp_path)
    assert processor_time([*COMMAND, "--help"], tmp_path) < 2 * least


def test_help_lists_the_commands(tmp_path: Path) -> None:
    done = run("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("run", "check", "parameters", "rerun", "report"))


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["chek"], "check"), (["check"], "FILE"), (["run", "x.yaml", "--worker", "2"], "--workers"), ([], "Usage"),
     (["run", "x.yaml", "--workers", "0"], "1"), (["rerun", "x"], "--replicate")],
)
def test_mistakes_are_two_with_a_hint(arguments: list[str], hint: str, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert hint in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_option_at_fault_is_named_as_typed(tmp_path: Path) -> None:
    done = run("run", FEASIBILITY, "--seed", "-1", "--replicates", "x", cwd=tmp_path)
    assert done.returncode == 2
    places = [line.split(": ")[0] for line in done.stderr.splitlines()]
    assert places == ["--replicates x", "--seed -1"]


def test_a_study_file_that_may_not_be_read_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert call(monkeypatch, "check", FEASIBILITY) == 2
    assert capsys.readouterr().err == f"{FEASIBILITY}: cannot be read: Permission denied\n"


def test_the_version(tmp_path: Path) -> None:
    done = run("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"bscsim {bscsim.__version__}\n")


# ---- what run, rerun and report pass on ---------------------------------------------------------------------------


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """A stand-in for bscsim.run_folder that keeps what it is called with, or raises ``fails``."""
    stub = SimpleNamespace(calls=[], fails=None)

    def record(name: str, answer: object) -> Any:
        def called(*arguments: object, **settings: object) -> object:
            stub.calls.append((name, arguments, settings))
            if stub.fails is not None:
                raise stub.fails
            return answer

        return called

    class Done:
        folder = Path("there")

        def __str__(self) -> str:
            return "there holds the results"

    for name, answer in [("run", Done()), ("plan", {"replicates": 3}), ("rerun", "same"), ("report", "made again")]:
        setattr(stub, name, record(name, answer))
    monkeypatch.setitem(sys.modules, "bscsim.run_folder", stub)
    monkeypatch.setattr(bscsim, "run_folder", stub, raising=False)
    monkeypatch.chdir(tmp_path)
    return stub


def test_run_passes_on_its_options(folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ["--replicates", "7", "--seed", "0", "--set", "parameters.k_hour=0.05", "--workers", "2", "--force"]
    assert call(monkeypatch, "run", FEASIBILITY, *options, "--out", "there") == 0
    ((name, (study,), settings),) = folder.calls
    assert name == "run"
    assert (study.scenario.simulation.replicates, study.scenario.simulation.seed) == (7, 0)
    assert study.scenario.parameters.k_hour == 0.05
    assert callable(settings.pop("progress"))
    assert settings == {"out": Path("there"), "force": True, "engine": "compiled", "workers": 2, "cluster": None,
                        "shard": None, "yes": False}  # fmt: skip


SWEEP = ROOT / "experiments" / "support_arms.yaml"


def test_a_sweep_passes_on_its_options_and_a_part_has_no_report(
    folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--cluster", "tcp://host:8786", "--shard", "3/16", "--yes"]
    assert call(monkeypatch, "run", SWEEP, *options) == 0
    ((_, (study,), settings),) = folder.calls
    assert study.design.cells == 5
    assert (settings["cluster"], settings["shard"], settings["yes"]) == ("tcp://host:8786", "3/16", True)
    assert capsys.readouterr().out == "there holds the results\n"


def test_a_sweep_tells_events_as_json_lines(
    folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "run", SWEEP, "--json") == 0
    folder.calls[0][2]["progress"](5, 5)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0] == {"event": "done", "folder": "there", "message": "there holds the results"}
    assert events[1] == {"event": "progress", "done": 5, "total": 5, "per_second": None, "seconds_left": None}


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no SIGUSR1")
@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGUSR1", None)])
def test_a_sweep_stopped_by_a_batch_system_ends_with_status_3(
    number: signal.Signals, folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*arguments: object, **settings: object) -> None:
        signal.raise_signal(number)

    folder.run = stopped
    assert call(monkeypatch, "run", SWEEP) == 3
    assert capsys.readouterr().err == "stopped; what was done is kept, and the same command goes on\n"
    assert signal.getsignal(number) is signal.SIG_DFL


def test_check_says_how_many_cells(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "check", SWEEP) == 0
    assert capsys.readouterr().out.splitlines()[1] == "list: 5 cells x 400 replicates"


def test_run_says_where_the_report_is(
    folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "run", FEASIBILITY) == 0
    assert folder.calls[0][2]["out"] is None
    assert capsys.readouterr().out.splitlines() == [
        "there holds the results", "report   there/report.html", "summary  there/summary.json",
    ]


def test_run_prints_the_summary_as_json(
    folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "summary.json").write_text('{"effect": 0.3}\n')
    assert call(monkeypatch, "run", FEASIBILITY, "--out", "there", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"effect": 0.3}


def test_dry_run_only_plans(
    folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call(monkeypatch, "run", FEASIBILITY, "--dry-run", "--json") == 0
    assert [name for name, _, _ in folder.calls] == ["plan"]
    assert json.loads(capsys.readouterr().out) == {"replicates": 3}
    assert list(tmp_path.iterdir()) == []


def test_rerun_and_report(
    folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "rerun", "there", "--replicate", "4") == 0
    assert call(monkeypatch, "report", "there") == 0
    assert folder.calls == [
        ("rerun", (Path("there"),), {"cell": 0, "replicate": 4}),
        ("report", (Path("there"),), {}),
    ]
    assert capsys.readouterr().out == "same\nmade again\n"


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (BscsimError("it failed"), 1, "it failed\n"),
        (KeyboardInterrupt(), 130, "stopped by Ctrl-C\n"),
        (PermissionError(13, "Permission denied", "results"), 1, "results: Permission denied\n"),
    ],
)
def test_errors_end_in_a_line_and_a_status(
    error: BaseException, status: int, message: str, folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder.fails = error
    assert call(monkeypatch, "run", FEASIBILITY) == status
    assert capsys.readouterr().err == message


def test_a_bug_keeps_its_traceback(folder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.fails = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        call(monkeypatch, "run", FEASIBILITY)


@pytest.mark.skipif(os.name == "nt", reason="no signals for another process on Windows")
@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [(signal.SIGINT, 130, "stopped by Ctrl-C"), (signal.SIGTERM, 143, "stopped by SIGTERM")],
)
def test_a_signal_ends_a_run_in_one_line(sent: signal.Signals, status: int, said: str, tmp_path: Path) -> None:
    command = [*COMMAND, "run", str(FEASIBILITY), "--replicates", "200", "--out", "there"]
    with subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        begun = process.stderr.readline()  # however busy the machine is: it says how far it is
        assert process.poll() is None, begun
        process.send_signal(sent)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == status
    assert stderr.splitlines()[-1] == said
    assert "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


# ---- progress -----------------------------------------------------------------------------------------------------


def test_piped_progress_is_a_line_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("replicates") as tick:
        for done in range(1, 201):
            tick(done, 200)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert re.fullmatch(r"replicates: 20 of 200, [0-9.e+]+ a second, about \d+ s left", lines[0])
    assert lines[-1] == "replicates: 200 of 200"


def test_progress_on_a_terminal_shows_the_remaining_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with console.progress("replicates") as tick:
        tick(1, 2)
        tick(2, 2)
    assert capsys.readouterr().out == ""
