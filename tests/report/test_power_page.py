"""report.html and tables of a power study: what is there and what not, in which order, and that numbers agree."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from functools import cache
from typing import Any

import pytest

from bscsim.report.figures import Drawn
from bscsim.report.power import page, power_files, tables
from bscsim.report.power.figures import plan_all
from bscsim.report.power.study import Power
from tests.report.power_cases import CASES, EXAMPLE, MANIFEST, bare, example, moved, seventeen, unfinished
from tests.report.test_html import NASTY, Page

TABLES = {"power.csv", "truth.csv", "seen.csv", "search.csv", "decomposition.csv", "grant_assumptions.csv"}
ALL = ["design", "estimators", "search", "promises", "cost", "seen", "failures", "family", "levers", "grant"]
SECTIONS = {
    "example": ALL,
    "seventeen": ["design", "estimators", "curves", "promises", "cost", "seen", "failures", "levers", "grant"],
    "bare": ["estimators"], "empty": [],
}  # fmt: skip


@cache
def files_of(case: str) -> dict[str, bytes]:
    return power_files(CASES[case](), MANIFEST)


@cache
def text_of(case: str) -> str:
    return files_of(case)["report.html"].decode("utf-8")


DRAWN = ("example", "seventeen")


def render(summary: dict[str, Any]) -> str:
    """The page without figures."""
    return page.render(Power(summary), MANIFEST, {})


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


def ids(text: str) -> list[str]:
    wanted = (*ALL, "curves")
    return [str(one["id"]) for one in Page(text).all("section") if one.get("id") in wanted]


@pytest.mark.parametrize("case", SECTIONS)
def test_every_section_is_there_if_its_data_are_and_in_order(case: str) -> None:
    assert ids(text_of(case)) == SECTIONS[case]


EMPTIED = {
    "design": {"design": None}, "search": {"search": None}, "levers": {"levers": []}, "grant": {"grant": None},
    "promises": {"decomposition": []}, "cost": {"budget": None},
}  # fmt: skip


@pytest.mark.parametrize("section", EMPTIED)
def test_a_section_disappears_with_its_data(section: str) -> None:
    summary = example() | EMPTIED[section]
    for analysis in summary["cells"][0]["analyses"]:
        analysis["closed_form"], analysis["gaussian"] = None, None
    drawn = {name: [Drawn(name, "", "", b"<svg><g/></svg>", b"")] for name, made in plan_all(Power(summary)).items()
             if made}  # fmt: skip
    found = ids(page.render(Power(summary), MANIFEST, drawn))
    assert section not in found
    assert found == [name for name in ALL if name in found]
    assert len(found) >= len(ALL) - 2


@pytest.mark.parametrize("name", ["seen", "truth", "family"])
def test_a_part_of_an_analysis_may_be_absent(name: str) -> None:
    summary = example()
    summary["cells"][0]["family"] = None
    for analysis in summary["cells"][0]["analyses"]:
        analysis["seen"], analysis["truth"] = {}, {}
    assert "family" not in ids(render(summary))
    assert "seen" not in ids(render(summary))
    assert f'id="table-{name}"' not in render(summary)
    assert f'id="table-{name}"' in render(example())


@pytest.mark.parametrize("case", CASES)
def test_pages_are_well_formed_fetch_nothing_and_hold_no_nan(case: str) -> None:
    text = text_of(case) if case in DRAWN else render(CASES[case]())
    found = Page(text)
    assert found.faults == []
    assert found.open == []
    for tag, attributes in found.tags:
        assert tag not in ("script", "iframe", "object", "embed", "base", "form", "img", "link")
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href", "srcset", "data", "action"):
                assert (value or "").startswith("#")
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    used = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(used) == len(set(used))
    assert set(re.findall(r'href="#([a-z-]+)"', text)) <= set(used)
    words = re.sub(r"<[^>]+>", " ", text)
    assert not re.search(r"\b(nan|None|inf|NaN)\b", words)
    for name, data in tables.files(Power(CASES[case]())).items():
        assert not re.search(rb"\b(nan|NaN|None|inf)\b", data), name


def test_every_figure_has_words_for_those_who_do_not_see_it_and_a_caption() -> None:
    found = Page(text_of("example"))
    figures = found.all("figure")
    assert len(figures) == len(found.all("svg")) == len(found.all("figcaption")) == 7
    assert all(len(str(one["aria-label"])) > 80 for one in figures)
    assert len(re.findall(r"Read |Where a line|The further right|prefer the one|A power counts|A design below|Red the|"
                          r"From top to bottom", text_of("example"))) >= 7  # fmt: skip


def test_the_order_is_answer_number_box_warning_design_power() -> None:
    text = text_of("example")
    places = [text.index(words) for words in (
        "Three cohorts of two collaboratives</h1>", "Can a trial with six collaboratives", "With the cluster t test",
        '<ul class="cards">', "power, short of the .80 wanted", ">type I error, sharp", ">type I error, average",
        "minimum detectable effect (MDES): found with", ">true effect<", 'class="alarm"', 'id="design"',
        "Power, bias and coverage",
        "Do the tests hold their level?", "How much is enough?", "What was promised, and what comes out",
        "What takes the power away", "What power costs", 'id="table-seen"', 'id="table-failures"',
        'id="table-family"', 'id="table-levers"', 'id="grant"', 'id="provenance"',
    )]  # fmt: skip
    assert places == sorted(places)


def test_a_test_out_of_its_band_is_warned_of_and_one_within_is_not() -> None:
    text = render(example())
    assert "type I error too high: .047 under the sharp null and .096 under the average null" in text
    assert "it ignores that treated centers share collaboratives" in text
    good = example()
    for analysis in good["cells"][0]["analyses"]:
        for one in analysis["estimators"]:
            one["size_verdict"] = "holds"
    assert 'class="alarm"' not in render(good)
    good["cells"][0]["analyses"][0]["estimators"][0]["size_verdict"] = "too few replicates"
    assert "Too few replicates to say whether these tests hold their level: Cluster t" in render(good)


def test_the_box_turns_red_where_its_own_test_is_out_of_the_band() -> None:
    assert '<li class="bad">' not in render(example())
    summary = example()
    one = summary["cells"][0]["analyses"][0]["estimators"][0]
    one["size_verdict"], one["type1_average"]["value"] = "too high", 0.2
    text = render(summary)
    assert text.count('<li class="bad">') == 3  # the size, and the power and the MDES that must not be quoted
    assert "type I error, average null: too high" in text
    assert "not to be quoted as power: the type I error is too high" in text
    assert "power, short of" not in text


def test_many_cells_out_of_band_are_one_warning_with_the_first_named() -> None:
    text = text_of("seventeen")
    assert text.count("type I error too high in 17 of 17 cells (“4 collaboratives”, ") == 1
    assert "“7 collaboratives” and 13 more)" in text


def test_numbers_of_the_page_are_those_of_the_summary() -> None:
    text = text_of("example")
    for words in (".74", ".71 to .77", ".049", ".037 to .064", "0.43 SD", "0.40 SD", "$898,000", ".037 to .063",
                  "0.0482", "(95% interval 10 to 12)", ".81 (.78 to .83)", "+.21",
                  "$360,000"):  # fmt: skip
        assert words in text, words


def test_power_csv_holds_every_estimator_with_all_digits() -> None:
    summary = example()
    rows = rows_of(files_of("example")["tables/power.csv"])
    wanted = [(a["analysis"], e) for c in summary["cells"] for a in c["analyses"] for e in a["estimators"]]
    assert [(int(row["analysis"]), row["estimator"]) for row in rows] == [(i, one["name"]) for i, one in wanted]
    for row, (_, one) in zip(rows, wanted, strict=True):
        for name in ("power", "type1_sharp", "type1_average", "coverage", "power_fallback"):
            assert [float(row[name])] + [float(row[f"{name}_{part}"]) for part in ("mcse", "low", "high")] == [
                one[name][part] for part in ("value", "mcse", "low", "high")]  # fmt: skip
        for name in ("bias", "empirical_se", "model_se", "size_adjusted_power"):
            assert (float(row[name]), float(row[f"{name}_mcse"])) == (one[name]["value"], one[name]["mcse"])
        assert float(row["mdes_sd"]) == one["mdes"]["sd"]
        assert [int(row[name]) for name in ("asked", "fitted", "boundary", "failed")] == [
            one[name] for name in ("asked", "fitted", "boundary", "failed")]  # fmt: skip
        assert row["size_verdict"] == one["size_verdict"]


def test_power_csv_has_a_column_an_axis_and_a_row_a_cell() -> None:
    summary = seventeen()
    rows = [row for row in rows_of(files_of("seventeen")["tables/power.csv"]) if row["estimator"] == "cluster_t"]
    assert [int(row["design.collaboratives"]) for row in rows] == list(range(4, 21))
    assert [float(row["power"]) for row in rows] == [
        cell["analyses"][0]["estimators"][0]["power"]["value"] for cell in summary["cells"]]  # fmt: skip
    assert [float(row["cost"]) for row in rows] == [cell["cost"]["total"] for cell in summary["cells"]]


def test_the_other_tables_hold_the_numbers_of_the_summary() -> None:
    summary, files = example(), files_of("example")
    assert {f"tables/{name}" for name in TABLES} <= set(files)
    truth = rows_of(files["tables/truth.csv"])
    assert [float(row["effect_sd"]) for row in truth] == [
        one["truth"]["effect_sd"]["value"] for one in summary["cells"][0]["analyses"]]  # fmt: skip
    seen = {(row["analysis"], row["name"]): row for row in rows_of(files["tables/seen.csv"])}
    assert float(seen["0", "icc"]["value"]) == summary["cells"][0]["analyses"][0]["seen"]["icc"]["value"]
    assert seen["0", "stayed"]["value"] == ""
    search = rows_of(files["tables/search.csv"])
    tried = [(float(row["value"]), int(row["replicates"]), float(row["power"]))
             for row in search if row["kind"] == "evaluation"]  # fmt: skip
    wanted = summary["search"]["evaluations"]
    assert tried == [(row["value"], row["replicates"], row["power"]["value"]) for row in wanted]
    assert [row["power"] for row in search if row["kind"] == "found"] == [str(summary["search"]["confirmed"]["value"])]
    parts = rows_of(files["tables/decomposition.csv"])
    assert [(row["variant"], float(row["difference"]), float(row["difference_mcse"])) for row in parts] == [
        (row["variant"], row["difference"]["value"], row["difference"]["mcse"]) for row in summary["decomposition"]
    ]
    assumed = rows_of(files["tables/grant_assumptions.csv"])
    assert [(row["name"], row["source"]) for row in assumed] == [
        (row["name"], row["source"]) for row in summary["grant"]["assumptions"]]  # fmt: skip
    assert float(assumed[0]["value"]) == summary["grant"]["assumptions"][0]["value"]


def test_every_column_is_explained() -> None:
    files = files_of("example")
    told = {(row["table"], row["column"]) for row in rows_of(files["tables/columns.csv"]) if row["meaning"]}
    for name, data in files.items():
        if name.endswith(".csv") and name != "tables/columns.csv":
            table = name.removeprefix("tables/")
            assert {(table, column) for column in data.decode().splitlines()[0].split(",")} <= told


def test_summary_json_is_the_summary() -> None:
    assert json.loads(files_of("example")["summary.json"]) == example()
    assert files_of("example")["summary.json"] == EXAMPLE.read_bytes()


def test_equal_data_give_equal_bytes_and_order_of_names_does_not_matter() -> None:
    again = power_files(json.loads(json.dumps(example(), sort_keys=True)), MANIFEST)
    assert again == files_of("example")
    assert list(again) == sorted(again)


def soiled(value: Any, name: str = "") -> Any:
    """The same data with every text made nasty, except those that other parts of the data refer to."""
    if isinstance(value, dict):
        return {key: soiled(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [soiled(inner, name) for inner in value]
    kept = ("size_verdict", "type", "path", "variant", "kind", "truth", "correction")
    return value + NASTY if isinstance(value, str) and name not in kept else value


@pytest.mark.parametrize("make", [example, unfinished])
def test_the_users_text_is_escaped_wherever_it_stands(make: Any) -> None:
    summary = soiled(copy.deepcopy(make()))
    drawn = {"design": [Drawn("x", NASTY, NASTY, b"<svg width='1'><g/></svg>", b"")]}
    text = page.render(Power(summary), soiled(MANIFEST), drawn)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 30
    assert Page(text).faults == []


def test_what_is_missing_and_what_failed_is_said() -> None:
    text = render(unfinished())
    assert "not complete: 1,300 of 4,000 replicates are missing (32%), in 2 cells" in text
    assert "cell 1, replicates 0 to 99: ValueError: &lt;b&gt;bad&lt;/b&gt; (3 attempts)" in text
    assert "not complete" not in render(example())


def test_a_study_with_power_alone_says_so_without_empty_tables() -> None:
    text = render(bare())
    assert "The numbers below say what the study would find." in text
    assert "n/a" not in text
    assert 'id="table-details"' not in text
    assert 'id="table-failures"' not in text


def test_nothing_at_all_is_a_page_too() -> None:
    assert "No cell has a result yet" in text_of("empty")


def test_cells_are_named_by_their_levels_if_they_have_no_label() -> None:
    axes = [{"path": "design.control_centers", "name": "controls", "values": [16, 24], "labels": ["few", "many"]}]
    text = render(moved(example(), axes))
    assert '<th scope="row">controls few</th>' in text
    assert '<th scope="row">controls many</th>' in text
