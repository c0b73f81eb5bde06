"""What is measured: every figure, its unit, its budget, and whether a measurement keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: name, unit and meaning; ``bound`` is its budget, at least or at most; ``aim`` what is hoped for.

    ``part`` names the entry of a mapping that the budget is about; ``cores`` the processors it takes.

    >>> figure("twin_ratio").met(1.6), figure("mesa_ratio_1_thread").met(60.0), figure("import_s").met(0.1)
    (True, False, None)
    """

    name: str
    unit: str
    about: str
    sense: Literal["at least", "at most", "is", ""] = ""
    bound: float | None = None
    aim: float | None = None
    part: str = ""
    cores: int = 1

    def met(self, value: Any, cores: int = 2) -> bool | None:
        """Whether a measured value keeps the budget; None without a budget or on a machine too small for it."""
        if self.part:
            value = value[self.part]
        if self.bound is None or cores < self.cores:
            return None
        if value is None:  # without end: what pairing leaves has no variance at all
            return bool(self.part)
        if self.sense == "at most":
            return bool(value <= self.bound)
        return bool(value >= self.bound)

    @property
    def budget(self) -> str:
        """The budget in words, empty without one.

        >>> figure("mesa_ratio_1_thread").budget
        'at least 100 (aim 200)'
        """
        if self.bound is None:
            return ""
        aim = f" (aim {self.aim:g})" if self.aim is not None else ""
        return "yes" if self.sense == "is" else f"{self.sense} {self.bound:g}{aim}"


FIGURES: Final = (
    Figure("states_equal", "", "compiled engine and Mesa model write the same record to the last bit", "is", 1),
    Figure("mesa_ratio_1_thread", "x", "Mesa model over compiled engine, time a replicate", "at least", 100, 200),
    Figure("mesa_ratio_all_threads", "x", "the same with a thread a processor"),
    Figure("mesa_over_bare_rules", "x", "Mesa model over the rules it calls, in a loop", "at most", 2),
    Figure("kernel_over_hot_path", "x", "whole kernel over knowledge and practice alone", "at most", 1.6),
    Figure("hot_path_over_reference", "x", "knowledge and practice over a plain loop of theirs", "at most", 0.8),
    Figure("thread_scaling", "x", "one thread over a thread a processor", "at least", 1.7, cores=2),
    Figure("ns_per_staff_driver_month", "ns", "kernel, time for a staff member, driver and month"),
    Figure("center_scaling", "x", "cost for these at 1000 centers over that at 10", "at most", 1.15),
    Figure("replicate_scaling", "x", "cost of one of 10,000 replicates (quick: 1000) over one of 100", "at most", 1.15),
    Figure("peak_memory_mib_per_1000_replicates", "MiB", "memory of 1000 replicates held at once"),
    Figure("import_s", "s", "python -c 'import bscsim'"),
    Figure("help_s", "s", "bscsim --help", "at most", 0.5),
    Figure("cold_start_s", "s", "first run after an installation, all compiled", "at most", 40),
    Figure("warm_start_s", "s", "the same run again"),
    Figure("twin_ratio", "x", "with the untreated twin over without", "at most", 1.75),
    Figure("burn_in_share", "x", "with all burn-ins at hand over without"),
    Figure("crn_variance_reduction", "x", "variance of a difference, independent over paired seeds", "at least", 10,
           part="median"),
)  # fmt: skip
"""In the order in which they are given; ``cores``, ``rounds`` and ``versions`` follow them."""


def figure(name: str) -> Figure:
    """Return a figure by its name; KeyError for another.

    >>> figure("help_s").bound
    0.5
    """
    return {one.name: one for one in FIGURES}[name]


def missed(measured: Mapping[str, Any]) -> list[str]:
    """Name the figures among those measured that do not keep their budget.

    >>> missed({"help_s": 0.7, "twin_ratio": 1.5, "cores": 2})
    ['help_s']
    """
    cores = measured.get("cores", 1)
    return [one.name for one in FIGURES if one.name in measured and one.met(measured[one.name], cores) is False]


def lines(measured: Mapping[str, Any]) -> list[str]:
    """Write measurements for people: a line a figure, with its budget and whether it is met.

    >>> for line in lines({"help_s": 0.3, "import_s": 0.1234, "cores": 2}):
    ...     print(line.rstrip())
    figure    value       budget         met
    import_s  0.123  s                        python -c 'import bscsim'
    help_s      0.3  s    at most 0.5    yes  bscsim --help
    cores         2
    """
    rows = [("figure", "value", "", "budget", "met", ""), *_rows(measured)]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return [
        "  ".join(cell.rjust(width) if column == 1 else cell.ljust(width)
                  for column, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]  # fmt: skip


def _rows(measured: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for one in FIGURES:
        if one.name not in measured:
            continue
        value = measured[one.name]
        met = {True: "yes", False: "NO", None: ""}[one.met(value, measured.get("cores", 1))]
        if not one.part:
            yield one.name, _text(value), one.unit, one.budget, met, one.about
            continue
        yield f"{one.name}: {one.part}", _text(value[one.part]), one.unit, one.budget, met, one.about
        others = ((name, part) for name, part in value.items() if name != one.part)
        yield from ((f"  {name}", _text(part), one.unit, "", "", "") for name, part in others)
    for name in ("cores", "rounds"):
        if name in measured:
            yield name, str(measured[name]), "", "", "", ""
    yield from ((name, version, "", "", "", "") for name, version in measured.get("versions", {}).items())


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
