"""Which centers there are: synthetic ones of published sizes, or a roster of real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, PlainSerializer, PlainValidator, model_validator

from bscsim.scenario.fields import Clash, Frozen, FrozenMap, number_text, refuse, section, setting, word_or_integer

SectorName = Literal["child_care", "head_start", "school"]
SECTORS: Final[tuple[SectorName, ...]] = ("child_care", "head_start", "school")
"""Sectors; a sector's code is its place here."""

MAX_STAFF: Final = 1000
"""Largest center; the keys of draws hold 1,024 slots a center."""

SHARE_TOLERANCE: Final = 0.001
"""Shares that people type (.333 three times) count as summing to 1 within this."""

SYNTHETIC_ONLY: Final = ("centers", "sectors", "areas", "sizes")
ROSTER_ONLY: Final = ("columns", "sector_values", "blanks", "below_min", "strict")


class Sectors(Frozen):
    """How many centers of each sector: counts that sum to ``centers``, or shares that sum to 1."""

    child_care: float = setting(0.0, "Child care centers.", low=0, allowed="a count or a share, at least 0")
    head_start: float = setting(0.0, "Head Start centers.", low=0, allowed="a count or a share, at least 0")
    school: float = setting(0.0, "School-based centers.", low=0, allowed="a count or a share, at least 0")

    @property
    def values(self) -> tuple[float, float, float]:
        """The three numbers in the order of ``SECTORS``."""
        return (self.child_care, self.head_start, self.school)

    @property
    def are_shares(self) -> bool:
        """Whether the numbers are shares, that is, sum to 1."""
        return abs(sum(self.values) - 1.0) <= SHARE_TOLERANCE


class Columns(Frozen):
    """Which column of a roster holds what."""

    id: str = setting("id", "Column of the center's identity.", allowed="the name of a column")
    sector: str = setting("sector", "Column of the sector, read through sector_values.", allowed="the name of a column")
    area: str = setting("area", "Column of the area (county, district).", allowed="the name of a column")
    staff: str = setting("staff", "Column of the number of staff.", allowed="the name of a column")


def _whole_map(values: Mapping[str, SectorName]) -> FrozenMap[SectorName]:
    return FrozenMap(values)


SectorMap = Annotated[Mapping[str, SectorName], AfterValidator(_whole_map), PlainSerializer(dict)]
SizeRule = Annotated[
    Literal["joiners", "stock"] | int, PlainValidator(word_or_integer(("joiners", "stock"), 2, MAX_STAFF))
]


class Population(Frozen):
    """The centers a study can draw on, and who may be on a team.

    Either synthetic (``centers``, ``sectors``, ``areas``, ``sizes``) or a ``roster``, a CSV of real centers, with its
    columns and its rule for blanks. With a roster the four synthetic settings are not used.

    >>> Population(centers=10, sectors=Sectors(child_care=0.75, school=0.25)).sector_counts
    (8, 0, 2)
    """

    centers: int = setting(8, "Number of synthetic centers in the pool.", low=1, high=100_000)
    sectors: Sectors = setting(
        Sectors(child_care=0.5, head_start=0.5), "Synthetic centers by sector.",
        allowed="a mapping of child_care, head_start, school to counts that sum to centers or shares that sum to 1")
    areas: int = setting(
        2, "Areas over which synthetic centers are dealt in turn; as many as centers: each alone.", low=1, high=100_000)
    sizes: SizeRule = setting(
        "joiners", "Staff a center: the built-in distribution of centers that join collaboratives (6 to 60, mean 20), "
        "the North Carolina stock of 2019 (E-NC-02), or one number for all.",
        allowed=f"joiners, stock or an integer, 2 to {MAX_STAFF}")
    drivers: int = setting(6, "Drivers of change in the framework (D).", low=1, high=10)
    parents: bool = setting(False, "Whether a parent has a seat on each team.")
    min_staff: int = setting(4, "Smallest center that can join.", low=2, high=MAX_STAFF)
    roster: str | None = setting(
        None, "Path of a CSV of real centers, relative to the study file.", allowed="the path of a CSV file")
    columns: Columns = section(Columns(), "Which column of the roster holds what.")
    sector_values: SectorMap = setting(
        FrozenMap({name: name for name in SECTORS}), "Sector of each value of the roster's sector column; '*' is any "
        "other.", allowed=f"a mapping of the column's values to {', '.join(SECTORS)}")
    blanks: Literal["drop", "error"] = setting(
        "drop", "What to do with roster rows without staff (blank or 0).", allowed="drop or error")
    below_min: Literal["drop", "pool"] = setting(
        "drop", "Whether roster centers below min_staff are dropped or stay as centers that never take part.",
        allowed="drop or pool")
    strict: bool = setting(False, "Whether any roster row that would be dropped is an error.")

    @property
    def sector_counts(self) -> tuple[int, int, int]:
        """Synthetic centers of each sector, in the order of ``SECTORS``: shares by largest remainder."""
        if not self.sectors.are_shares:
            first, second, third = (int(value) for value in self.sectors.values)
            return (first, second, third)
        return largest_remainder(self.sectors.values, self.centers)

    @model_validator(mode="after")
    def _together(self) -> Self:
        clashes = self._mixed()
        if self.roster is None:
            clashes += self._synthetic_clashes()
        refuse("Population", clashes)
        return self

    def _mixed(self) -> list[Clash]:
        """List settings of one kind of population given for the other."""
        given = self.model_fields_set
        if self.roster is not None:
            return [((name,), "cannot stand beside population.roster: the roster says it", (f"population.{name}",))
                    for name in SYNTHETIC_ONLY if name in given]
        without = [name for name in ROSTER_ONLY if name in given]
        problem = "needs a roster: add population.roster, in the file or by --set population.roster=PATH"
        if len(without) > 1:  # one fault for all
            problem = f"{problem} (and so do {', '.join(without[1:])})"
        involved = tuple(f"population.{name}" for name in ("roster", *without))
        return [((without[0],), problem, involved)] if without else []

    def _synthetic_clashes(self) -> list[Clash]:
        clashes: list[Clash] = []
        values = self.sectors.values
        counts = all(value.is_integer() for value in values) and sum(values) == self.centers
        if not counts and not self.sectors.are_shares:
            problem = (f"must be counts that sum to centers ({self.centers}) or shares that sum to 1; these sum to "
                       f"{number_text(round(sum(values), 6))}")
            clashes.append((("sectors",), problem, ("population.sectors", "population.centers")))
        if isinstance(self.sizes, int) and self.sizes < self.min_staff:
            problem = f"must be at least min_staff ({self.min_staff}), not {self.sizes}: no center could join"
            clashes.append((("sizes",), problem, ("population.sizes", "population.min_staff")))
        return clashes


@dataclass(frozen=True, slots=True)
class Pool:
    """The centers of one scenario before anything is drawn; every tuple has one entry a center.

    id
        The center's name: of a roster its id column, else ``c0000``, ``c0001``, ...
    number
        The key of its draws, 0 to 2**32-1. It follows from the id alone (as far as ids do not collide), so neither the
        place in a file nor other rows change a center's draws.
    sector, area
        Codes: places in ``SECTORS`` and in ``area_names``.
    size
        Staff; 0 where the size is drawn in each replicate.
    dropped
        Rows of a roster that were left out: reason -> count.

    >>> pool = synthetic_pool(Population(centers=4, areas=2))
    >>> pool.id, pool.sector, pool.area
    (('c0000', 'c0001', 'c0002', 'c0003'), (0, 0, 1, 1), (0, 1, 0, 1))
    """

    id: tuple[str, ...]
    number: tuple[int, ...]
    sector: tuple[int, ...]
    area: tuple[int, ...]
    area_names: tuple[str, ...]
    size: tuple[int, ...]
    dropped: Mapping[str, int]

    def __len__(self) -> int:
        """Return the number of centers."""
        return len(self.id)


def largest_remainder(shares: tuple[float, float, float], total: int) -> tuple[int, int, int]:
    """Whole numbers that sum to ``total`` and are nearest to ``shares`` of it; ties go to the first.

    >>> largest_remainder((0.5, 0.3, 0.2), 7)
    (4, 2, 1)
    """
    exact = [share * total / sum(shares) for share in shares]
    whole = [int(value) for value in exact]
    order = sorted(range(3), key=lambda index: (whole[index] - exact[index], index))
    for index in order[: total - sum(whole)]:
        whole[index] += 1
    return (whole[0], whole[1], whole[2])


def synthetic_pool(population: Population) -> Pool:
    """Return the synthetic centers: sectors in blocks, areas in turn within them, sizes fixed or still to be drawn.

    >>> synthetic_pool(Population(centers=3, sizes=12)).size
    (12, 12, 12)
    """
    centers = range(population.centers)
    sectors = [code for code, count in enumerate(population.sector_counts) for _ in range(count)]
    size = population.sizes if isinstance(population.sizes, int) else 0
    return Pool(
        id=tuple(f"c{index:04d}" for index in centers),
        number=tuple(centers),
        sector=tuple(sectors),
        area=tuple(index % population.areas for index in centers),
        area_names=tuple(f"area {index + 1}" for index in range(min(population.areas, population.centers))),
        size=(size,) * population.centers,
        dropped=FrozenMap({}),
    )


def make_pool(population: Population) -> Pool:
    """Return the pool of a population: the roster's centers (read from its file) or the synthetic ones.

    Raises InputError with every fault of a roster.
    """
    if population.roster is None:
        return synthetic_pool(population)
    from bscsim.scenario.roster import read_roster  # only rosters need the CSV reader

    return read_roster(population)
