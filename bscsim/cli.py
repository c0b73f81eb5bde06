"""The command line: parse, call, print.

Exit status: 0 done, 1 the study failed, 2 bad input, 3 stopped and resumable, 130 Ctrl-C, 143 SIGTERM (a scenario).
What a command needs is imported inside it, so that ``bscsim --help`` is quick.
"""

from __future__ import annotations

import functools
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from bscsim import __version__, console
from bscsim.scenario.faults import BscsimError, ResumableError

app = typer.Typer(
    name="bscsim",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CTRL_C = 130
TERMINATED = 128 + signal.SIGTERM
FAILED = 1
P = ParamSpec("P")


class Engine(StrEnum):
    """The scheduler that runs the rules; both give the same bits."""

    compiled = "compiled"
    mesa = "mesa"


StudyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A study file (YAML).", readable=False)]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a finished run.", readable=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one entry of the file; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived; it cleans up as Ctrl-C does."""


def _terminate(number: int, _: object) -> None:
    signal.signal(number, signal.SIG_IGN)
    raise Terminated


@contextmanager
def sigterm_cleans_up() -> Iterator[None]:
    """Raise Terminated at the first SIGTERM; later ones wait until the clean-up is done. Only for the command line."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:  # whoever started us wants it otherwise
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def ending(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what a command raises into lines on stderr and an exit status; a bug keeps its traceback."""

    @functools.wraps(command)
    def ended(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt as error:
            raise typer.Exit(_stopped(error)) from None
        except BscsimError as error:
            console.say(str(error))
            raise typer.Exit(error.exit_status) from None
        except BrokenPipeError:
            raise  # the reader of our output went away: typer ends quietly
        except OSError as error:
            console.say(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            raise typer.Exit(FAILED) from None

    return ended


def _stopped(error: KeyboardInterrupt) -> int:
    """Say what stopped a command and return its exit status."""
    terminated = isinstance(error, Terminated)
    console.say("stopped by SIGTERM" if terminated else "stopped by Ctrl-C")
    return TERMINATED if terminated else CTRL_C


@app.callback(invoke_without_command=True)
def bscsim(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Simulate a Breakthrough Series Collaborative in early care and education, and plan studies of one."""
    if version:
        print(f"bscsim {__version__}")
        raise typer.Exit


@app.command()
@ending
def run(
    file: StudyFile,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the results go.", show_default="results/NAME", readable=False),
    ] = None,
    replicates: Annotated[
        str | None,
        typer.Option("--replicates", metavar="N", help="Independent replicates.", show_default="the file's"),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option("--seed", metavar="S", help="0 to 2^63-1.", show_default="the file's"),
    ] = None,
    overrides: Overrides = None,
    engine: Annotated[
        Engine,
        typer.Option("--engine", help="The scheduler that runs the rules."),
    ] = Engine.compiled,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", min=1, help="Threads of the compiled engine.",
                     show_default="one a processor"),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="tcp://HOST:PORT", help="Use the workers of a running Dask scheduler."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="Run part I of 0 to N-1 of a sweep, for a job array."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be run, and stop."),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Run also what takes long or much disk."),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace DIR even if it holds another study."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Simulate a study and leave a folder: report, figures, tables, summary, provenance.

    A sweep that was stopped goes on with the same command.
    """
    from bscsim.studies import load

    study = load(file, overrides or (), _options(replicates=replicates, seed=seed))

    from bscsim import run_folder  # after the file: bad input is answered before anything heavy is imported

    if dry_run:
        plan = run_folder.plan(study, out, force, workers, engine.value, cluster, shard)
        said = {name: " ".join(value) if isinstance(value, list) else value for name, value in plan.items()}
        console.show_json(plan) if as_json else console.show(said)
        return
    many = study.design is not None
    with going_on(many), console.events() if as_json and many else console.progress("replicates") as tick:
        done = run_folder.run(
            study, out=out, engine=engine.value, workers=workers, force=force, progress=tick, cluster=cluster,
            shard=shard, yes=yes,
        )  # fmt: skip
    if many and as_json:
        console.event(event="done", folder=str(done.folder), message=str(done))
    elif as_json:
        print((done.folder / "summary.json").read_text(encoding="utf-8"), end="")
    else:
        print(done)
        if shard is None:  # a part has no report
            console.show({"report": done.folder / "report.html", "summary": done.folder / "summary.json"})


@contextmanager
def going_on(many: bool) -> Iterator[None]:
    """End with exit status 3 at SIGTERM or SIGUSR1, as a batch system sends them, if what was done is kept."""
    if not many:
        yield
        return
    usual = signal.getsignal(signal.SIGUSR1) if hasattr(signal, "SIGUSR1") else None
    if usual is signal.SIG_DFL:
        signal.signal(signal.SIGUSR1, _terminate)
    try:
        yield
    except Terminated:
        raise ResumableError("stopped; what was done is kept, and the same command goes on") from None
    except KeyboardInterrupt:
        console.say("what was done is kept, and the same command goes on")
        raise
    finally:
        if usual is signal.SIG_DFL:
            signal.signal(signal.SIGUSR1, signal.SIG_DFL)


def _options(**given: str | None) -> dict[str, str]:
    """Write the options that stand for an entry of the file as overrides, so that one place checks them."""
    return {f"--{name} {value}": f"simulation.{name}={value}" for name, value in given.items() if value is not None}


@app.command()
@ending
def check(file: StudyFile, overrides: Overrides = None) -> None:
    """Read a study file and name every fault at once, by file, line and column; simulates nothing."""
    from bscsim.studies import load

    study = load(file, overrides or ())
    print(f"{file}: ok ({study.kind}: {study.name})")
    if study.design is not None:
        cells, replicates = study.design.cells, study.scenario.simulation.replicates
        print(f"{study.design.name}: {cells:,} cells x {replicates:,} replicates")
    if study.kind == "power":
        from bscsim.run_folder import power

        print("\n".join(power.words(study)))
    population = study.scenario.population
    if population.roster is not None:
        from bscsim.scenario.population import make_pool

        pool = make_pool(population)
        reasons = ", ".join(f"{count} {reason}" for reason, count in pool.dropped.items())
        dropped = f"{sum(pool.dropped.values())} rows dropped" + (f" ({reasons})" if reasons else "")
        print(f"{population.roster}: {len(pool)} centers kept, {dropped}")


@app.command()
@ending
def parameters(
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown tables.")] = False,
) -> None:
    """List every parameter: default, unit, allowed and plausible range, status, meaning, source."""
    from bscsim.scenario.parameters import as_dicts, markdown, table

    if as_json:
        console.show_json(as_dicts())
    elif as_markdown:
        print(markdown(), end="")
    else:
        console.show_parameters(table())


@app.command()
@ending
def rerun(
    directory: Folder,
    replicate: Annotated[
        int,
        typer.Option("--replicate", metavar="R", min=0, help="Which replicate, from 0."),
    ],
    cell: Annotated[
        int,
        typer.Option("--cell", metavar="C", min=0, help="Which cell, from 0; a scenario has one."),
    ] = 0,
) -> None:
    """Simulate one replicate again from the folder's provenance and compare it bit for bit."""
    from bscsim import run_folder

    print(run_folder.rerun(directory, cell=cell, replicate=replicate))


@app.command()
@ending
def report(directory: Folder) -> None:
    """Make tables, figures and report.html again from the stored results; puts the parts of a job array together."""
    from bscsim import run_folder

    print(run_folder.report(directory))


@app.command()
@ending
def bench(
    as_json: Json = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds and less work in each.")] = False,
) -> None:
    """Measure speed, memory and start on this machine, against budgets; takes minutes."""
    from bscsim.bench import FULL, QUICK, lines, measure

    with console.progress("measurements") as tick:
        figures = measure(QUICK if quick else FULL, tick)
    if as_json:
        console.show_json(figures)
    else:
        print("\n".join(lines(figures)))


def main() -> int:
    """Run the command line and return its exit status."""
    try:
        with sigterm_cleans_up():
            app()
    except KeyboardInterrupt as error:  # before or after a command, as while Python still imports
        return _stopped(error)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
