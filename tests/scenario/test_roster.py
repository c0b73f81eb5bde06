"""Rosters: what is kept, what is dropped and counted, and every fault at once with its line."""

from __future__ import annotations

import csv
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from bscsim.scenario.faults import InputError
from bscsim.scenario.population import SECTORS, Columns, Pool, Population
from bscsim.scenario.roster import numbers, read_roster, roster_digest

HEADER = "id,sector,area,staff"
SECTOR_VALUES = {"Head Start": "head_start", "Public": "school", "*": "child_care"}


@pytest.fixture
def roster(tmp_path: Path):
    """Read rows (or whole bytes) as a roster, with settings of the population."""

    def read(*rows: str, header: str = HEADER, data: bytes | None = None, **settings: object) -> Pool:
        path = tmp_path / "centers.csv"
        path.write_bytes("\n".join([header, *rows]).encode() if data is None else data)
        settings = {"sector_values": SECTOR_VALUES, **settings}
        return read_roster(Population(roster=str(path), **settings))

    return read


def faults_of(roster, *rows: str, **settings: object) -> list[str]:
    """The faults of a roster, as ``line: column: message`` (the path is cut)."""
    with pytest.raises(InputError) as caught:
        roster(*rows, **settings)
    return [str(fault).split("centers.csv:")[-1] for fault in caught.value.faults]


def test_reads_the_mapped_columns_in_order_of_id(roster) -> None:
    pool = roster(
        "Wake,x,7,b,Public",
        "Lee,x,12,a,Head Start",
        "Wake,x,9,c,anything else",
        header="county,extra,employees,center,kind",
        columns=Columns(id="center", sector="kind", area="county", staff="employees"),
    )
    assert pool.id == ("a", "b", "c")
    assert pool.size == (12, 7, 9)
    assert [SECTORS[code] for code in pool.sector] == ["head_start", "school", "child_care"]
    assert [pool.area_names[code] for code in pool.area] == ["Lee", "Wake", "Wake"]
    assert dict(pool.dropped) == {}


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark_make_no_difference(roster, ends: bytes, mark: bytes) -> None:
    data = mark + ends.join([HEADER.encode(), "1,Public,Peña,7".encode(), b'2,"Head Start","Lee, west", 8.0 ', b""])
    pool = roster(data=data)
    assert pool.id == ("1", "2")
    assert pool.size == (7, 8)
    assert pool.area_names == ("Lee, west", "Peña")


def test_drops_and_counts_by_the_first_reason(roster) -> None:
    pool = roster("1,p,A,", "2,p,A,0", "3,,A,9", "4,p,,9", "5,p,A,3", "6,p,A,4", "7,,,", ",,,", "", "8,p,A,00")
    assert pool.id == ("6",)
    assert dict(pool.dropped) == {
        "staff blank": 2, "staff zero": 2, "sector blank": 1, "area blank": 1, "below min_staff": 1,
    }


def test_small_centers_can_stay_in_the_pool(roster) -> None:
    pool = roster("5,p,A,3", "6,p,A,4", "7,p,A,0", below_min="pool")
    assert pool.size == (3, 4)
    assert dict(pool.dropped) == {"staff zero": 1}


def test_blanks_error_faults_blanks_and_still_drops_small_centers(roster) -> None:
    rows = ("1,p,A,", "2,p,A,3", "3,p,A,9", "4,,A,9")
    assert faults_of(roster, *rows, blanks="error") == [
        "2: staff: is blank (center 1), and population.blanks is error",
        "5: sector: is blank (center 4), and population.blanks is error",
    ]


def test_strict_faults_whatever_would_be_dropped(roster) -> None:
    faults = faults_of(roster, "1,p,A,0", "2,p,A,3", "3,p,A,9", "4,p,,9", strict=True)
    assert faults == [
        "2: staff: is 0 (center 1), and population.strict is true",
        "3: staff: is 3, below population.min_staff (4) (center 2), and population.strict is true",
        "5: area: is blank (center 4), and population.strict is true",
    ]
    assert len(roster("2,p,A,3", "3,p,A,9", strict=True, below_min="pool")) == 2


def test_every_fault_at_once_by_line(roster) -> None:
    rows = ("1,p,A,9", "1,p,A,-2", "3,p,A,many", "4,p,A,1001", "5,p,A,7.5", "6,p,A", ",p,A,9", "8,p,A,nan", "9,p,A,1e2")
    assert faults_of(roster, *rows) == [
        "3: id: 1 stands in line 2 already",
        "3: staff: must be a whole number, 0 to 1000, not -2",
        "4: staff: must be a whole number, 0 to 1000, not many",
        "5: staff: must be a whole number, 0 to 1000, not 1001",
        "6: staff: must be a whole number, 0 to 1000, not 7.5",
        "7: has 3 cells, the header has 4",
        "8: id: is blank: every center needs an id",
        "9: staff: must be a whole number, 0 to 1000, not nan",
        "10: staff: must be a whole number, 0 to 1000, not 1e2",
    ]


def test_more_than_twenty_faults_are_counted(roster) -> None:
    assert faults_of(roster, *(f"{row},p,A,x" for row in range(20)))[-1].startswith("21: staff")
    faults = faults_of(roster, *(f"{row},p,A,x" for row in range(33)))
    assert len(faults) == 21
    assert faults[-1] == "22: and 13 more"


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x7f", "\x85", "\n"])
def test_a_control_character_in_an_id_is_a_fault(roster, sign: str) -> None:
    faults = faults_of(roster, f'"1{sign}2",p,A,9', "2,p,A,9")
    assert faults == [f"2: id: holds the control character U+{ord(sign):04X}; take it out"]


def test_the_line_is_the_one_a_row_begins_on(roster) -> None:
    faults = faults_of(roster, '1,p,"two\nlines",9', "", "2,p,A,x")
    assert faults == ["5: staff: must be a whole number, 0 to 1000, not x"]


def test_a_sector_value_without_a_sector_is_one_fault(roster) -> None:
    values = {"Head Start": "head_start"}
    faults = faults_of(roster, "1,Head Strat,A,9", "2,Head Strat,A,9", "3,Lab,A,9", sector_values=values)
    assert faults == [
        "2: sector: 'Head Strat' (2 rows, first here) is not in population.sector_values; did you mean Head Start? "
        "name it there, or give '*' for all others",
        "4: sector: 'Lab' is not in population.sector_values; name it there, or give '*' for all others",
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("id,category,area,staff", "1: sector: is missing (population.columns.sector); the columns are: "
                                   "id, category, area, staff"),
        ("ids,sector,area,staff", "1: id: is missing (population.columns.id); did you mean ids? the columns are: "
                                  "ids, sector, area, staff"),
        ("id,sector,area,staff,staff", "1: staff: is the name of more than one column"),
    ],
)
def test_missing_and_double_columns(roster, header: str, message: str) -> None:
    assert faults_of(roster, "1,p,A,9", header=header) == [message]


def test_semicolons_are_recognized(roster) -> None:
    faults = faults_of(roster, header="id;sector;area;staff")
    assert len(faults) == 4
    assert "commas must separate the columns" in faults[0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "1: is empty: a header and rows are needed"),
        (b"\n\n", "1: is empty: a header and rows are needed"),
        (b"id,sector,area,staff\n1,p,A,9\n2,p,Pe\xf1a,9\n", "3: is not UTF-8 (byte 0xF1); save it as 'CSV UTF-8'"),
        ("id,sector\n".encode("utf-16"), "1: is not UTF-8 (byte 0xFF); save it as 'CSV UTF-8'"),
        (b'id,sector,area,staff\n1,p,A,9\n2,p,"A,9\n3,p,A,9\n', "3: cannot be read as CSV: unexpected end of data"),
    ],
)
def test_files_that_are_no_roster(roster, data: bytes, message: str) -> None:
    assert faults_of(roster, data=data) == [message]


def test_a_roster_that_keeps_nothing_says_why(roster) -> None:
    assert faults_of(roster) == ["1: keeps no center: it has a header and no rows"]
    assert faults_of(roster, "1,p,A,", "2,p,A,2")[0].endswith("keeps no center: 1 staff blank, 1 below min_staff")


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for read in (lambda: read_roster(Population(roster=str(path))), lambda: roster_digest(path)):
        with pytest.raises(InputError, match=r"population\.roster: .*(No such file|directory)"):
            read()


def test_numbers_follow_from_the_id_alone(roster) -> None:
    rows = [f"{name},p,{area},9" for name, area in [("7", "A"), ("Sunny", "B"), ("0012", "A"), ("99999999999", "C")]]
    alone = {row.split(",")[0]: roster(row).number[0] for row in rows}
    assert alone["7"] == 7
    assert alone["0012"] == 12
    assert all(0 <= number < 2**32 for number in alone.values())
    forward, backward = roster(*rows), roster(*reversed(rows))
    assert forward == backward
    assert dict(zip(forward.id, forward.number, strict=True)) == alone


def test_numbers_do_not_depend_on_what_is_dropped(roster) -> None:
    """Two ids want the number 12: the one that is dropped under one rule keeps it under the other."""
    rows = ("012,p,A,2", "12,p,A,9")
    assert roster(*rows).number == (13,)
    assert roster(*rows, below_min="pool").number == (12, 13)


def test_numbers_wrap_and_stay_distinct() -> None:
    last = str(2**32 - 1)
    assert numbers([last, "0" + last, "0"]) == {"0": 0, "0" + last: 2**32 - 1, last: 1}
    many = numbers(f"center {index}" for index in range(5000))
    assert len(Counter(many.values())) == 5000


def test_an_id_of_thousands_of_digits_is_an_id(roster) -> None:
    assert len(roster("1" * 6000 + ",p,A,9")) == 1


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(HEADER)
    second.write_text(HEADER)
    assert roster_digest(first) == roster_digest(second)
    second.write_text(HEADER + " ")
    assert roster_digest(first) != roster_digest(second)


# ---- the centers of North Carolina, January 2019 ------------------------------------------------------------------


@pytest.fixture(scope="module")
def north_carolina() -> Path:
    beside = Path(__file__).parents[3] / "shared" / "rosters" / "nc_centers_2019_01.csv"
    path = Path(os.environ.get("BSCSIM_ROSTER") or beside)
    if not path.is_file():
        pytest.skip("no roster: BSCSIM_ROSTER does not name nc_centers_2019_01.csv, which is not shipped")
    return path


def north_carolina_population(path: Path, **settings: object) -> Population:
    columns = Columns(id="id", sector="category", area="county", staff="employees")
    values = {"Local Public School": "school", "Head Start": "head_start", "*": "child_care"}
    return Population(roster=str(path), columns=columns, sector_values=values, **settings)


def test_north_carolina_is_read_whole_and_fast(north_carolina: Path) -> None:
    started = time.perf_counter()
    pool = read_roster(north_carolina_population(north_carolina))
    assert time.perf_counter() - started < 1.0
    # The numbers that experiments/README.md states.
    assert len(pool) == 3277
    assert dict(pool.dropped) == {"staff zero": 85, "below min_staff": 1084}
    assert len(pool) + sum(pool.dropped.values()) == 4446
    assert Counter(SECTORS[code] for code in pool.sector) == {"child_care": 2366, "head_start": 214, "school": 697}
    assert len(pool.area_names) == 99
    assert min(pool.size) == 4
    assert len(set(pool.number)) == len(pool)


def test_north_carolina_in_another_order_is_the_same_pool(north_carolina: Path, tmp_path: Path) -> None:
    with north_carolina.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    random.Random(1).shuffle(rows)
    with (tmp_path / "shuffled.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    shuffled = read_roster(north_carolina_population(tmp_path / "shuffled.csv"))
    assert shuffled == read_roster(north_carolina_population(north_carolina))


def test_north_carolina_strict_lists_twenty_and_counts_the_rest(north_carolina: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_roster(north_carolina_population(north_carolina, strict=True))
    assert len(caught.value.faults) == 21
    assert str(caught.value).endswith(f"and {85 + 1084 - 20} more")
