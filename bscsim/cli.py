"""The command line: parse, call, print.

Exit status: 0 done, 1 the study failed, 2 bad input, 3 interrupted or incomplete and resumable, 130 Ctrl-C.
What a command needs is imported inside it, so that ``bscsim --help`` is quick.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from bscsim import __version__, console
from bscsim.scenario.faults import BscsimError

app = typer.Typer(
    name="bscsim",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CTRL_C = 130
FAILED = 1
P = ParamSpec("P")


class Engine(StrEnum):
    """The scheduler that runs the rules."""

    mesa = "mesa"


StudyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A study file (YAML).")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a finished run.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one entry of the file; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def ending(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what a command raises into lines on stderr and an exit status; a bug keeps its traceback."""

    @functools.wraps(command)
    def ended(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt:
            console.say("stopped by Ctrl-C")
            raise typer.Exit(CTRL_C) from None
        except BscsimError as error:
            console.say(str(error))
            raise typer.Exit(error.exit_status) from None
        except BrokenPipeError:
            raise  # the reader of our output went away: typer ends quietly
        except OSError as error:
            console.say(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            raise typer.Exit(FAILED) from None

    return ended


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
        typer.Option("--out", metavar="DIR", help="Where the results go.", show_default="results/NAME"),
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
    ] = Engine.mesa,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", min=1, help="Processes.", show_default="one a processor"),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be run, and stop."),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace DIR even if it holds another study."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Simulate a study and leave a folder: report, figures, tables, summary, provenance."""
    from bscsim.scenario.files import load

    study = load(file, [*(overrides or ()), *_settings(replicates=replicates, seed=seed)])

    from bscsim import run_folder  # after the file: bad input is answered before anything heavy is imported

    if dry_run:
        plan = run_folder.plan(study, out=out, force=force, workers=workers)
        console.show_json(plan) if as_json else console.show(plan)
        return
    with console.progress("replicates") as tick:
        done = run_folder.run(study, out=out, force=force, engine=engine.value, workers=workers, progress=tick)
    if as_json:
        print((done.folder / "summary.json").read_text(encoding="utf-8"), end="")
    else:
        print(done)
        console.show({"report": done.folder / "report.html", "summary": done.folder / "summary.json"})


def _settings(**given: str | None) -> list[str]:
    """Write the options that stand for an entry of the file as overrides, so that one place checks them."""
    return [f"simulation.{name}={value}" for name, value in given.items() if value is not None]


@app.command()
@ending
def check(file: StudyFile, overrides: Overrides = None) -> None:
    """Read a study file and name every fault at once, by file, line and column; simulates nothing."""
    from bscsim.scenario.files import load

    study = load(file, overrides or ())
    print(f"{file}: ok ({study.kind}: {study.name})")


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
        typer.Option("--cell", metavar="C", min=0, help="Which cell; a scenario has one, 0."),
    ] = 0,
) -> None:
    """Simulate one replicate again from the folder's provenance and compare it bit for bit."""
    from bscsim import run_folder

    print(run_folder.rerun(directory, cell=cell, replicate=replicate))


@app.command()
@ending
def report(directory: Folder) -> None:
    """Make tables, figures and report.html again from the stored results."""
    from bscsim import run_folder

    print(run_folder.report(directory))


def main() -> int:
    """Run the command line and return its exit status."""
    try:
        app()
    except KeyboardInterrupt:  # before or after a command, as while Python still imports
        console.say("stopped by Ctrl-C")
        return CTRL_C
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
