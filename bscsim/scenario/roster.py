"""Real centers from a CSV: which column is what, which rows count, and every fault at once with its line.

The file is comma-separated with a header, in UTF-8 (with or without a byte order mark), with any line ends.
Rows without anything in them are passed over. A row must give an id, a sector, an area and a number of staff.

A fault:
    a blank id, an id twice, a row with more or fewer cells than the header, staff that is not a whole number
    from 0 to 1,000, a control character in one of the four cells,
    a sector value that ``sector_values`` does not name (unless it has ``'*'``, any other).
Dropped and counted:
    staff blank, staff 0, sector blank, area blank (a fault with ``blanks: error`` or ``strict: true``).
Dropped and counted, or kept as a center that never takes part (``below_min: pool``):
    fewer staff than ``min_staff`` (a fault with ``strict: true``, unless kept).
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.fields import FrozenMap
from bscsim.scenario.population import MAX_STAFF, SECTORS, Pool

if TYPE_CHECKING:
    from bscsim.scenario.population import Population

MOST_FAULTS: Final = 20
"""Faults named one by one; more are counted."""

REASONS: Final = ("staff blank", "staff zero", "sector blank", "area blank", "below min_staff")
"""Why a row can be dropped; a row counts under the first that applies."""

_KEYS: Final = 2**32
_DIGITS: Final = re.compile("0*[0-9]{1,10}")
_WHOLE: Final = re.compile(r"[0-9]+(\.0*)?")  # spreadsheets may write 7 as 7.0


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that names a center: its line and the four cells, as text."""

    line: int
    id: str
    sector: str
    area: str
    staff: str


@dataclass(slots=True)
class _Reading:
    """What is known of a roster while it is read."""

    path: Path
    population: Population
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REASONS, 0))

    def fault(self, line: int, column: str, message: str) -> None:
        self.faults.append((line, column, message))

    def drop(self, row: _Row, reason: str, column: str, message: str) -> None:
        """Count a row that is left out, or hold it to be a fault where the study asks for that."""
        self.dropped[reason] += 1
        blank_is_fault = self.population.blanks == "error" and reason != "below min_staff"
        if self.population.strict or blank_is_fault:
            why = "population.blanks is error" if blank_is_fault else "population.strict is true"
            self.fault(row.line, column, f"{message} (center {row.id}), and {why}")

    def stop(self) -> None:
        """Raise what was found, if anything: the first twenty by line, and how many more."""
        if not self.faults:
            return
        self.faults.sort(key=lambda fault: fault[0])
        first = self.faults[:MOST_FAULTS]
        named = [Fault(f"{self.path}:{line}", column, text) for line, column, text in first]
        if rest := self.faults[MOST_FAULTS:]:
            named.append(Fault(f"{self.path}:{rest[0][0]}", "", f"and {len(rest)} more"))
        raise InputError(named)


def read_roster(population: Population, path: Path | None = None) -> Pool:
    r"""Return the centers of a roster, in order of id; ``path`` is ``population.roster`` unless given.

    Pool.number (see :func:`numbers`) follows from the id, Pool.dropped counts the rows left out by reason.

    Raises
    ------
    InputError
        With every fault of the file, each with its line: a missing or empty file, one that is not UTF-8,
        missing columns, and the faults of rows (see the module).

    Examples
    --------
    >>> import tempfile
    >>> from bscsim.scenario.population import Population
    >>> text = "id,sector,area,staff\nb,school,Wake,9\na,child_care,Lee,12\nc,child_care,Lee,\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "centers.csv"
    ...     _ = file.write_text(text)
    ...     pool = read_roster(Population(roster=str(file)))
    >>> pool.id, pool.sector, pool.area_names, pool.size, dict(pool.dropped)
    (('a', 'b'), (0, 2), ('Lee', 'Wake'), (12, 9), {'staff blank': 1})
    """
    if path is None:
        path = Path(population.roster or "")
    reading = _Reading(path, population)
    rows = _read_rows(reading)
    _check_ids(rows, reading)
    kept = _keep(rows, reading)
    reading.stop()
    if not kept:
        reasons = ", ".join(f"{count} {reason}" for reason, count in reading.dropped.items() if count)
        message = f"keeps no center: {reasons or 'it has a header and no rows'}"
        raise InputError([Fault(f"{path}:1", "", message)])
    number = numbers(row.id for row in rows)
    kept.sort(key=lambda center: center[0].id)
    area_names = tuple(sorted({row.area for row, _, _ in kept}))
    area_code = {name: code for code, name in enumerate(area_names)}
    return Pool(
        id=tuple(row.id for row, _, _ in kept),
        number=tuple(number[row.id] for row, _, _ in kept),
        sector=tuple(sector for _, sector, _ in kept),
        area=tuple(area_code[row.area] for row, _, _ in kept),
        area_names=area_names,
        size=tuple(staff for _, _, staff in kept),
        dropped=FrozenMap({reason: count for reason, count in reading.dropped.items() if count}),
    )


def roster_digest(path: Path) -> str:
    """Return the SHA-256 of a roster's bytes in hexadecimal: two rosters of one digest give the same centers.

    Raises InputError if the file cannot be read.
    """
    return hashlib.sha256(_bytes(path)).hexdigest()


def numbers(ids: Iterable[str]) -> dict[str, int]:
    """Return the key of each center's draws, 0 to 2**32 - 1, from its id alone as far as no two collide.

    An id of digits below 2**32 is its own number; another gets the first 32 bits of its BLAKE2b hash. Where
    two want one number, the first in order of id has it and the other moves to the next free one.

    >>> numbers(["12", "012", "7"])
    {'012': 12, '12': 13, '7': 7}
    >>> numbers(["Sunny Days"])["Sunny Days"] == numbers(["another", "Sunny Days"])["Sunny Days"]
    True
    """
    owner: dict[int, str] = {}
    found: dict[str, int] = {}
    for name in sorted(ids):
        number = _wanted(name)
        while number in owner:
            number = (number + 1) % _KEYS
        owner[number] = name
        found[name] = number
    return found


def _wanted(name: str) -> int:
    if _DIGITS.fullmatch(name) and int(name) < _KEYS:
        return int(name)
    return int.from_bytes(hashlib.blake2b(name.encode()).digest()[:4], "big")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError([Fault("", "population.roster", f"{path}: {error.strerror}")]) from None


def _text(path: Path) -> str:
    data = _bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = f"is not UTF-8 (byte 0x{data[error.start]:02X}); save it as 'CSV UTF-8'"
        raise InputError([Fault(f"{path}:{line}", "", message)]) from None


def _read_rows(reading: _Reading) -> list[_Row]:
    """Return the rows that name a center; a file without the columns ends here."""
    lines = _lines(reading)
    line, header = next(lines, (1, []))
    place = _columns(header, line, reading)
    reading.stop()
    rows = []
    for line, cells in lines:
        if len(cells) != len(header):
            reading.fault(line, "", f"has {len(cells)} cells, the header has {len(header)}")
            continue
        row = _Row(line, **{name: cells[column] for name, column in place.items()})
        for name, column in place.items():
            _fault_control(line, header[column], cells[column], "" if name == "id" else "\r\n\t", reading)
        if row.id:
            rows.append(row)
        else:
            reading.fault(line, reading.population.columns.id, "is blank: every center needs an id")
    return rows


def _fault_control(line: int, column: str, cell: str, usual: str, reading: _Reading) -> None:
    """A control character is not seen and not meant, but for a few that a spreadsheet's cell may hold."""
    found = next((sign for sign in cell if unicodedata.category(sign) == "Cc" and sign not in usual), None)
    if found is not None:
        reading.fault(line, column, f"holds the control character U+{ord(found):04X}; take it out")


def _lines(reading: _Reading) -> Iterator[tuple[int, list[str]]]:
    """Yield (line a row begins on, cells without outer spaces) of the rows that hold anything."""
    reader = csv.reader(io.StringIO(_text(reading.path), newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield start, stripped
            start = reader.line_num + 1
    except csv.Error as error:
        reading.fault(start, "", f"cannot be read as CSV: {error}")


def _columns(header: list[str], line: int, reading: _Reading) -> dict[str, int]:
    """Return the place of the four columns, with a fault for each that is missing or there twice."""
    if not header:
        if not reading.faults:
            reading.fault(line, "", "is empty: a header and rows are needed")
        return {}
    wanted: Mapping[str, str] = reading.population.columns.model_dump()
    for setting, name in wanted.items():
        if header.count(name) > 1:
            reading.fault(line, name, "is the name of more than one column")
        elif name not in header:
            near = difflib.get_close_matches(name, header, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
                hint = "the header is one cell: commas must separate the columns. "
            text = f"is missing (population.columns.{setting}); {hint}the columns are: {', '.join(header)}"
            reading.fault(line, name, text)
    return {setting: header.index(name) for setting, name in wanted.items() if name in header}


def _check_ids(rows: Iterable[_Row], reading: _Reading) -> None:
    first: dict[str, int] = {}
    for row in rows:
        if row.id in first:
            text = f"{row.id} stands in line {first[row.id]} already"
            reading.fault(row.line, reading.population.columns.id, text)
        first.setdefault(row.id, row.line)


def _keep(rows: Iterable[_Row], reading: _Reading) -> list[tuple[_Row, int, int]]:
    """Return (row, sector code, staff) of the rows that stay, and count or fault the others."""
    columns, population = reading.population.columns, reading.population
    unknown: dict[str, list[int]] = {}
    kept = []
    for row in rows:
        staff = _staff(row, reading)
        sector = population.sector_values.get(row.sector, population.sector_values.get("*"))
        if sector is None and row.sector:
            unknown.setdefault(row.sector, []).append(row.line)
        if not row.staff:
            reading.drop(row, "staff blank", columns.staff, "is blank")
        elif staff == 0:
            reading.drop(row, "staff zero", columns.staff, "is 0")
        elif not row.sector:
            reading.drop(row, "sector blank", columns.sector, "is blank")
        elif not row.area:
            reading.drop(row, "area blank", columns.area, "is blank")
        elif staff is not None and staff < population.min_staff and population.below_min == "drop":
            text = f"is {staff}, below population.min_staff ({population.min_staff})"
            reading.drop(row, "below min_staff", columns.staff, text)
        elif staff is not None and sector is not None:
            kept.append((row, SECTORS.index(sector), staff))
    _fault_unknown(unknown, reading)
    return kept


def _fault_unknown(unknown: Mapping[str, list[int]], reading: _Reading) -> None:
    """One fault a value that no sector is given for, however many rows have it."""
    for value, lines in unknown.items():
        rows = f" ({len(lines)} rows, first here)" if len(lines) > 1 else ""
        near = difflib.get_close_matches(value, reading.population.sector_values, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        remedy = "name it there, or give '*' for all others"
        text = f"{value!r}{rows} is not in population.sector_values; {hint}{remedy}"
        reading.fault(lines[0], reading.population.columns.sector, text)


def _staff(row: _Row, reading: _Reading) -> int | None:
    """Return the number of staff, None where it is blank or at fault."""
    if not row.staff:
        return None
    if _WHOLE.fullmatch(row.staff) and float(row.staff) <= MAX_STAFF:
        return int(float(row.staff))
    text = f"must be a whole number, 0 to {MAX_STAFF}, not {row.staff}"
    reading.fault(row.line, reading.population.columns.staff, text)
    return None
