"""What the commands print: lines for people on stderr, results on stdout, tables, progress of long work."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bscsim.scenario.parameters import ParameterRow

Tick = Callable[[int, int], None]
"""Called as ``tick(done, total)`` whenever a part of the work is done."""

TABLE_WIDTH = 120
"""Columns of a terminal from which on a table of eight columns can be read; below it, each parameter is a paragraph."""

LINE_WIDTH = 100
"""Longest line of a paragraph."""


def say(text: str) -> None:
    """Print a line for a person, on stderr: stdout belongs to what a program may read."""
    print(text, file=sys.stderr, flush=True)


def show(mapping: Mapping[str, object]) -> None:
    """Print names and values, one pair a line, the values in one column.

    >>> show({"name": "ccl_feasibility", "centers": 8})
    name     ccl_feasibility
    centers  8
    """
    width = max((len(name) for name in mapping), default=0)
    for name, value in mapping.items():
        print(f"{name:<{width}}  {value}")


def show_json(value: object) -> None:
    """Print a value as JSON, with names in the order given and no NaN, which JSON does not have.

    >>> show_json({"seed": 1})
    {
      "seed": 1
    }
    """
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def show_parameters(rows: Sequence[ParameterRow]) -> None:
    """Print the parameters by group: tables on a wide terminal, a paragraph each on a narrow one or in a pipe."""
    from bscsim.scenario.parameters import STATUS_TEXT

    width = shutil.get_terminal_size((LINE_WIDTH, 24)).columns
    for group, members in groupby(rows, key=lambda row: row.group):
        if sys.stdout.isatty() and width >= TABLE_WIDTH:
            _show_table(group, members)
        else:
            _show_paragraphs(group, members, max(40, min(width, LINE_WIDTH)))
    print("; ".join(f"{letter}: {text}" for letter, text in STATUS_TEXT.items()))


def _show_paragraphs(group: str, rows: Iterable[ParameterRow], width: int) -> None:
    """Print one group of parameters, each as its name and a few indented lines."""
    print(f"{group}\n{'=' * len(group)}\n")
    for row in rows:
        name, default, unit, allowed, plausible, status, about, source = _cells(row)
        print(name)
        for line in (
            about,
            f"default {default} {unit}".rstrip(),
            f"allowed {allowed}; plausible {plausible}; status {status}",
            f"source: {source}",
        ):
            print(textwrap.fill(line, width, initial_indent="  ", subsequent_indent="    "))
        print()


def _show_table(group: str, rows: Iterable[ParameterRow]) -> None:
    """Print one group of parameters as a table, as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=group, title_justify="left", expand=True)
    for head in ("name", "default", "unit", "allowed", "plausible", "status"):
        table.add_column(head, overflow="fold")
    table.add_column("what it does", ratio=3)
    table.add_column("source", ratio=2)
    for row in rows:
        table.add_row(*(Text(cell) for cell in _cells(row)))
    Console().print(table)


def _cells(row: ParameterRow) -> tuple[str, ...]:
    """Write one parameter as the cells of a table."""
    low = "above " if row.open_low else ""
    return (
        row.name,
        f"{row.default:.6g}",
        row.unit,
        f"{low}{row.low:g} to {row.high:g}",
        f"{row.plausible_low:.6g} to {row.plausible_high:.6g}",
        row.status,
        row.about,
        row.source,
    )


@contextmanager
def progress(label: str) -> Iterator[Tick]:
    """Show how far long work is: a bar with the remaining time on a terminal, a line each tenth when piped.

    Goes to stderr.

    >>> with progress("replicates") as tick:
    ...     for done in range(3):
    ...         tick(done + 1, 3)
    """
    if not sys.stderr.isatty():
        yield _Lines(label)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    pace = _Pace()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, rate="")

        def tick(done: int, total: int) -> None:
            said = pace(done, total)[0]
            bar.update(task, completed=done, total=total, rate="" if said is None else f"{said:.3g}/s")

        yield tick


def event(**facts: object) -> None:
    """Print one event of long work as a line of JSON on stdout.

    >>> event(event="progress", done=1)
    {"event": "progress", "done": 1}
    """
    print(json.dumps(facts, ensure_ascii=False, allow_nan=False), flush=True)


@contextmanager
def events() -> Iterator[Tick]:
    """Print how far long work is as events, at most one a second: done, total, a second, seconds left."""
    pace = _Pace()
    last = 0.0

    def tick(done: int, total: int) -> None:
        nonlocal last
        rate, left = pace(done, total)
        if time.monotonic() - last >= 1.0 or done == total:
            last = time.monotonic()
            event(event="progress", done=done, total=total, per_second=rate, seconds_left=left)

    yield tick


class _Pace:
    """How fast it goes and how long it will take, from the first word of progress on: what goes before is done once."""

    def __init__(self) -> None:
        self.first: tuple[float, int] | None = None

    def __call__(self, done: int, total: int) -> tuple[float | None, float | None]:
        now = time.monotonic()
        since, before = self.first = self.first or (now, done)
        if done <= before or now <= since:
            return None, None
        rate = (done - before) / (now - since)
        return round(rate, 2), round((total - done) / rate, 1)


class _Lines:
    """Progress as plain lines: one when each further tenth is done, with the time that remains.

    The rate is taken from the first word of progress on: what goes before it, compiling the engine say, is done once.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.pace = _Pace()
        self.tenths = 0

    def __call__(self, done: int, total: int) -> None:
        rate, left = self.pace(done, total)
        tenths = 10 * done // max(total, 1)
        if tenths <= self.tenths:
            return
        self.tenths = tenths
        if rate is not None and done < total:
            say(f"{self.label}: {done} of {total}, {rate:.3g} a second, about {left:.0f} s left")
        else:
            say(f"{self.label}: {done} of {total}")
