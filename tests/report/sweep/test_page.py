"""report.html of a sweep: one file, nothing fetched, everything escaped, the answer first, what is missing visible."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from bscsim.report.figures import Drawn
from bscsim.report.sweep import page, page_tables, sweep_files
from bscsim.report.sweep.study import Sweep
from tests.report.sweep import synthetic
from tests.report.sweep.conftest import summary_of
from tests.report.test_html import NASTY, Page

SweepOf = Callable[[str], Sweep]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return sweep_files(*synthetic.make("few"))


@pytest.fixture(scope="module")
def html(files: dict[str, bytes]) -> str:
    return files["report.html"].decode("utf-8")


def rendered(summary: dict[str, Any], manifest: dict[str, Any] | None = None) -> str:
    found = synthetic.manifest_of(summary) if manifest is None else manifest
    return page.render(Sweep(summary), found, [])


def test_all_files_of_the_report_are_there(files: dict[str, bytes]) -> None:
    assert sorted(files) == [
        "figures/pairing.png", "figures/pairing.svg", "figures/response.png", "figures/response.svg", "report.html",
        "summary.json", "tables/by_factor.csv", "tables/cells.csv", "tables/columns.csv", "tables/common_numbers.csv",
        "tables/contrasts.csv", "tables/factors.csv", "tables/responses.csv",
    ]  # fmt: skip
    assert list(files) == sorted(files)


def test_equal_data_give_equal_bytes(files: dict[str, bytes]) -> None:
    assert sweep_files(*synthetic.make("few")) == files


@pytest.mark.parametrize("kind", synthetic.KINDS)
def test_every_kind_makes_a_well_formed_page_with_labeled_tables(kind: str) -> None:
    found = Page(rendered(summary_of(kind)))
    assert found.faults == []
    assert found.open == []
    ids = [attributes.get("id") for attributes in found.all("p") if attributes.get("class") == "caption"]
    assert [attributes.get("aria-labelledby") for attributes in found.all("table")] == ids
    assert all(attributes.get("scope") in ("col", "row") for attributes in found.all("th"))


def test_nothing_is_fetched_and_ids_are_unique(html: str) -> None:
    found = Page(html)
    assert found.faults == []
    for tag, attributes in found.tags:
        assert tag not in ("script", "iframe", "object", "embed", "base", "form", "img")
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href", "srcset", "data", "action"):
                assert (value or "").startswith("#")
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert len(found.all("svg")) == len(found.all("figure")) == 2
    hints = [attributes for attributes in found.all("p") if attributes.get("class") == "swipe"]
    assert len(hints) == len(found.all("table")) + len(found.all("svg"))


KEPT = ("name", "key", "factor", "response", "when", "design", "kind", "unit")


def soiled(value: Any) -> Any:
    """The same data with every text made nasty, except those that other parts of the data refer to."""
    if isinstance(value, dict):
        return {name: inner if name in KEPT and isinstance(inner, str) else soiled(inner)
                for name, inner in value.items()}
    if isinstance(value, list):
        return [soiled(inner) for inner in value]
    return value + NASTY if isinstance(value, str) else value


@pytest.mark.parametrize("kind", ["partial", "grid_lists", "one_at_a_time"])
def test_the_users_text_is_escaped_wherever_it_stands(kind: str) -> None:
    summary = soiled(copy.deepcopy(summary_of(kind)))
    summary["factors"][0]["unit"] = NASTY
    manifest = soiled(synthetic.manifest_of(summary))
    manifest["file"]["name"] = NASTY
    drawn = Drawn("x", NASTY, NASTY, b"<svg width='1'><g/></svg>", b"")
    text = page.render(Sweep(summary), manifest, [drawn])
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 20
    assert Page(text).faults == []


def test_the_answer_comes_first_and_then_what_is_missing() -> None:
    text = rendered(summary_of("partial"))
    places = [text.index(words) for words in (
        "The first factor matters most.", "not complete: 130 of 480 replicates are missing (27%), in 3 cells",
        "ValueError: poison &lt;b&gt;cell&lt;/b&gt;", "bscsim run study.yaml --out DIR", "<h2>What was varied",
    )]  # fmt: skip
    assert places == sorted(places)
    assert "replicates 0 to 19" in text
    assert "3 attempts" in text


def test_a_complete_sweep_has_no_such_box() -> None:
    text = rendered(summary_of("grid2"))
    assert "cautions\" role" not in text
    assert "not complete" not in text


def test_a_failed_block_is_shown_even_if_the_rest_is_complete() -> None:
    summary = {**summary_of("partial"), "complete": True}
    text = rendered(summary)
    assert "Some cells failed" in text
    assert "poison" in text


def test_nothing_finished_still_makes_a_page() -> None:
    text = rendered(summary_of("empty"))
    assert "No cell has a result yet" in text
    assert "(missing)" in text


def test_an_empty_summary_and_manifest_are_survived() -> None:
    text = rendered({}, {})
    assert "<h1>sweep</h1>" in text
    assert Page(text).faults == []


def test_two_hundred_rows_at_most_and_the_file_is_named() -> None:
    summary = synthetic.grid([synthetic.factor("x", list(range(250)))], keys=1, replicates=5)
    view = next(view for view in page_tables.views(Sweep(summary)) if view.name == "cells")
    assert (len(view.rows), view.of, view.cut) == (200, 250, True)
    assert "The first 200 of 250 rows; all of them are in tables/responses.csv" in rendered(summary)


def test_the_tables_write_what_the_summary_holds(sweep_of: SweepOf) -> None:
    sweep = sweep_of("list")
    view = next(view for view in page_tables.views(sweep) if view.name == "contrasts")
    rows = [row for row in summary_of("list")["contrasts"] if row["cell"] == 3]
    row = next(row for row in rows if row["response"] == "effect_sd@end")
    heads, fields = view.rows[2]
    assert heads == ("coaching every second month",)
    assert float(fields[0].text) == pytest.approx(row["difference"]["mean"], abs=0.005)
    low, high = fields[0].small.split(" to ")
    assert float(low) == pytest.approx(row["difference"]["ci95_low"], abs=0.005)
    assert float(high) == pytest.approx(row["difference"]["ci95_high"], abs=0.005)
    points = next(row for row in rows if row["response"] == "attendance@end")["difference"]["mean"]
    assert float(fields[3].text) == pytest.approx(100 * points, abs=0.5)


def test_it_says_how_it_was_run() -> None:
    text = rendered(summary_of("fraction"))
    for words in ("a fraction of the factorial", "Its resolution is 5", "32 cells", "40 replicates", "divided by 0.127",
                  "change framework × inclusive team = expert faculty × shared learning × improvement model",
                  "0123456789abcdef", "ab12cd34", "random streams 3", "ODD.md"):  # fmt: skip
        assert words in text, words
