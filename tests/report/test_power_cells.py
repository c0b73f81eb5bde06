"""The page of a power study: cells in the order of their values, the table of cells, searches, powers not to quote."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from bscsim.report.power import figures, page, tables
from bscsim.report.power.box import cards
from bscsim.report.power.cell_table import cells, searches
from bscsim.report.power.figures import cost
from bscsim.report.power.figures.search import caption
from bscsim.report.power.study import Power, analysis_words
from tests.report.power_cases import MANIFEST, axis, bare, example, moved, one_axis, share
from tests.report.test_power_figures import drawn

ORDER = [8, 4, 12, 6]


def shuffled() -> dict[str, Any]:
    """The cells in an order of the file that is not that of their values."""
    return moved(example(), [axis("design.centers_per_collaborative", ORDER)])


def render(summary: dict[str, Any]) -> str:
    return page.render(Power(summary), MANIFEST, {})


def of_design(kind: str) -> dict[str, Any]:
    made = example()
    made["design"]["type"] = kind
    for analysis in made["cells"][0]["analyses"]:
        for one in analysis["estimators"]:
            one |= {"size_verdict": "too high", "size_reason": "no comparison", "improvement": share(0.6),
                    "mean_estimate": {"value": 0.06, "mcse": 0.001}}  # fmt: skip
    return made


@pytest.mark.parametrize("name", ["power_curve_1", "mdes_curve_1"])
def test_curves_connect_cells_in_the_order_of_their_values(name: str) -> None:
    summary = shuffled()
    panel = drawn(Power(summary), name).axes[0]
    line = next(line for line in panel.lines if len(line.get_xdata()) == 4)
    assert list(np.round(line.get_xdata())) == sorted(ORDER)
    by_value = {cell["levels"]["design.centers_per_collaborative"]: cell for cell in summary["cells"]}
    part = "power" if name == "power_curve_1" else "mdes"
    wanted = [by_value[x]["analyses"][0]["estimators"][0][part]["value" if part == "power" else "sd"]
              for x in sorted(ORDER)]  # fmt: skip
    np.testing.assert_allclose(line.get_ydata(), wanted)


def test_words_stand_after_numbers_and_keep_the_order_of_the_file() -> None:
    (factor,) = Power(moved(example(), [axis("measures.x.sample", ["all", 5, 2])])).axes
    assert factor.levels == (2, 5, "all")
    (factor,) = Power(moved(example(), [axis("design.type", ["wait_list", "parallel"])])).axes
    assert factor.levels == ("wait_list", "parallel")


def test_the_box_is_still_of_the_first_cell_of_the_file() -> None:
    power = Power(shuffled())
    assert power.headline is not None
    assert power.headline[0]["levels"] == {"design.centers_per_collaborative": 8}
    assert power.cells[0]["levels"] == {"design.centers_per_collaborative": 4}
    assert "in the cell “8 centers per collaborative”" in render(shuffled())


def test_no_raw_name_is_on_the_page_or_in_a_figure() -> None:
    made = shuffled()
    made["axes"][0]["name"] = "centers_per_collaborative"  # as the summary names it
    power = Power(made)
    plans = [plan for found in figures.plan_all(power).values() for plan in found]
    assert not any("per_collaborative" in plan.title + plan.caption or "class_score" in plan.caption for plan in plans)
    text = re.sub(r"<details>.*?</details>|<section id=\"provenance\">.*?</section>", "", render(made), flags=re.DOTALL)
    assert "centers_per_collaborative" not in text
    assert analysis_words({"title": "class_score at post, center_mean"}) == "class score at post, center mean"


def test_the_table_of_cells_stands_before_the_box_with_power_size_mdes_and_cost() -> None:
    summary = shuffled() | {"best_cell": {"cell": 2, "words": "the most powerful"}}
    text = render(summary)
    assert text.index('id="table-cells"') < text.index('<ul class="cards">')
    found = cells(Power(summary))
    firsts = [row for row in found.rows if "class score" in row[0][1]]
    assert [heads[0] for heads, _ in firsts] == [
        f"{x} centers per collaborative{' (best)' if x == 12 else ''}" for x in sorted(ORDER)]  # fmt: skip
    by_value = {cell["levels"]["design.centers_per_collaborative"]: cell for cell in summary["cells"]}
    for (_, fields), x in zip(firsts, sorted(ORDER), strict=True):
        one = by_value[x]["analyses"][0]["estimators"][0]
        assert fields[0].text.strip("[]") == f"{one['power']['value']:.2f}".replace("0.", ".")
        assert fields[2].text == f"{one['type1_average']['value']:.3f}".replace("0.", ".")
        assert fields[4].text.strip("[]") == f"{one['mdes']['sd']:.2f} SD"
        assert fields[0].text.startswith("[") == (one["size_verdict"] == "too high")
    assert "Best: the most powerful." in found.about
    assert 'id="table-cells"' not in render(example())
    assert 'id="table-cells"' not in render(bare())


def test_a_power_of_a_bad_test_is_never_without_its_warning() -> None:
    summary = example()
    one = summary["cells"][0]["analyses"][0]["estimators"][0]
    plain = cards(Power(summary))
    assert [card["kind"] for card in plain] == [""] * len(plain)
    one["size_verdict"], one["size_adjusted_power"] = "too high", {"value": 0.31, "mcse": 0.01}
    found = {card["what"]: card for card in cards(Power(summary))}
    (power,) = [what for what in found if "quoted as power" in what]
    assert found[power]["kind"] == "bad"
    assert "at its proper level .31" in power
    (least,) = [what for what in found if "MDES" in what]
    assert (found[least]["kind"], "not to be quoted" in least) == ("bad", True)
    one["size_verdict"] = "too low"
    assert any("the test is too strict; at its proper level .31" in card["what"] for card in cards(Power(summary)))


@pytest.mark.parametrize("kind", ["pre_post", "matched_comparison", "interrupted_series"])
def test_a_design_without_a_lot_shows_what_it_would_report(kind: str) -> None:
    summary = of_design(kind)
    scale = summary["cells"][0]["analyses"][0]["truth"]["scale"]["value"]
    found = [card["what"] for card in cards(Power(summary))]
    values = {card["what"]: card["value"] for card in cards(Power(summary))}
    assert found[0] == "effect that such a study reports on average"
    assert values[found[0]] == f"{0.06 / scale:.2f} SD"
    assert found[1] == "true effect"
    assert values["of studies report a significant improvement (this is no power)"] == ".60"
    assert not any(("wanted" in what and "power" in what) or "MDES" in what for what in found)
    text = render(summary)
    assert "changes without the program are called significant" in text
    assert 'id="levers"' not in text
    assert "no correction of the level mends that" in text


def test_notes_do_not_repeat_the_warning_of_bad_tests() -> None:
    summary = example()
    analysis = summary["cells"][0]["analyses"][0]
    analysis["estimators"][0]["size_verdict"] = "too high"
    words = f"{analysis['title']}, {analysis['estimators'][0]['title']}: the type I error is too high (REPEATED)."
    summary["notes"] = [words, "Kept."]
    assert page.general(Power(summary)) == ["Kept."]
    analysis["estimators"][0]["size_verdict"] = "holds"
    assert page.general(Power(summary)) == [words, "Kept."]


def test_searches_of_other_cells_are_a_table_and_in_the_csv() -> None:
    first = example()["search"] | {"cell": 0}
    other = first | {"cell": 1, "found": None, "high": None, "warnings": ["nothing is enough"]}
    summary = one_axis() | {"search": first, "searches": [other]}
    found = searches(Power(summary))
    assert [heads[0] for heads, _ in found.rows] == ["4 centers per collaborative", "6 centers per collaborative"]
    assert [fields[0].text for _, fields in found.rows] == ["11", "none is enough"]
    assert found.rows[1][0][1] == "nothing is enough"
    data = tables.files(Power(summary))["search.csv"].decode()
    assert {line.split(",")[0] for line in data.splitlines()[1:]} == {"0", "1"}
    in_cells = one_axis()
    in_cells["cells"][0]["search"], in_cells["cells"][1]["search"] = first, other
    assert len(searches(Power(in_cells)).rows) == 2
    assert searches(Power(summary | {"searches": []})).rows == ()


def test_a_search_by_a_test_that_rejects_too_often_shows_no_value() -> None:
    bad = example()["search"] | {"cell": 0, "found": None, "confirmed": None, "low": None, "high": None,
                                 "size_verdict": "too high", "words": "No number can be given."}  # fmt: skip
    (row, _) = searches(Power(one_axis() | {"search": bad, "searches": [bad | {"cell": 1}]})).rows
    assert "none: type I error too high" in str(row)
    text = caption(Power(one_axis() | {"search": bad}))
    assert text.startswith("No number can be given.")
    assert "Needed" not in text
    assert "With fresh seeds" not in text


def test_warnings_of_a_search_are_sentences_of_its_section() -> None:
    summary = example()
    summary["search"]["warnings"] = ["no value is enough"]
    assert page.notes(Power(summary), "search") == ["No value is enough."]
    assert page.notes(Power(summary), "cost") == []


def test_each_power_with_a_correction_is_in_the_table_of_the_family() -> None:
    summary = example()
    summary["cells"][0]["family"]["each"] = {"holm": [share(0.61), share(0.42)]}
    text = render(summary)
    assert ".61" in text[text.index('id="table-family"') :]
    rows = tables.files(Power(summary))["family.csv"].decode().splitlines()
    assert any(row.startswith('0,"each: holm, analysis 1",0.42') for row in rows)


def test_the_design_as_it_stands_is_beside_those_under_the_budget() -> None:
    summary = example()
    summary["budget"]["candidates"] = summary["budget"]["candidates"][:1]
    labels = [point.label for point in cost.points(Power(summary))]
    assert len(labels) == 2
    assert "What power costs" in [plan.title for plan in figures.plan_all(Power(summary))["cost"]]


def test_a_curve_of_what_can_be_found_along_the_true_effect_is_not_drawn() -> None:
    names = [plan.name for plan in figures.plan_all(Power(moved(example(), [
        axis("truth.gaussian.effect", [0.3, 0.2])])))["curves"]]  # fmt: skip
    assert names == ["power_curve_1"]
