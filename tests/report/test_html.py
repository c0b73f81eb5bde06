"""report.html: one file, no host, nothing of the user's text taken for markup, readable by everybody."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from bscsim.record.trajectories import Trajectories
from bscsim.report import figures, html
from bscsim.report.reading import Reading

VOID = {"meta", "br", "link", "img", "hr", "input"}
NASTY = "<script>alert('x')</script>\"&"


class Page(HTMLParser):
    """Collects tags, ids and headings, and checks that tags close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def text(files: dict[str, bytes]) -> str:
    return files["report.html"].decode("utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_it_is_well_formed(page: Page) -> None:
    assert page.faults == []
    assert page.open == []


def test_nothing_is_fetched_and_nothing_runs(page: Page, text: str) -> None:
    for tag, attributes in page.tags:
        assert tag not in ("script", "iframe", "object", "embed", "base", "form")
        for name, value in attributes.items():
            assert not name.startswith("on"), f"{tag} {name}"
            if name in ("src", "href", "xlink:href", "srcset", "data", "poster", "action"):
                assert (value or "").startswith("#"), f"{tag} {name}={value}"
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_ids_are_unique_and_every_reference_is_there(page: Page, text: str) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = re.findall(r'href="#([^"]+)"', text) + re.findall(r"url\(#([^)]+)\)", text)
    assert set(wanted) <= set(ids)


def test_figures_have_labels_and_tables_have_scopes(page: Page) -> None:
    labels = [attributes.get("aria-label") for attributes in page.all("figure")]
    assert len(labels) == 8
    assert all(labels)
    assert all(attributes.get("aria-hidden") == "true" for attributes in page.all("svg"))
    assert page.all("table")
    assert page.all("caption") == [], "a caption inside the table scrolls away with it"
    ids = [attributes.get("id") for attributes in page.all("p") if attributes.get("class") == "caption"]
    assert [attributes.get("aria-labelledby") for attributes in page.all("table")] == ids
    assert all(attributes.get("scope") in ("col", "row") for attributes in page.all("th"))
    assert page.all("html") == [{"lang": "en"}]


def test_everything_that_scrolls_sideways_on_a_phone_says_so(page: Page) -> None:
    boxes = [attributes for attributes in page.all("div") if attributes.get("class") in ("scroll", "chart")]
    hints = [attributes for attributes in page.all("p") if attributes.get("class") == "swipe"]
    assert len(hints) == len(boxes) == len(page.all("table")) + len(page.all("svg"))
    assert all(attributes.get("tabindex") == "0" for attributes in boxes)
    phone = html._resource("style.css").split("@media (max-width: 36rem)")[1].split("@media")[0]
    assert re.search(r"\.swipe { display: block;", phone)
    assert phone.count("min-width: 36rem") == 1, "whatever has the hint is wider than the screen"


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - first <= 1 for first, later in pairwise(levels))


def test_the_users_text_is_escaped(run: Trajectories, manifest: dict[str, Any]) -> None:
    bad = manifest | {
        "study": manifest["study"] | {"name": NASTY},
        "file": {"name": NASTY, "text": f"name: {NASTY}\n"},
        "layers": {"parameters.k_hour": NASTY},
        "counts": manifest["counts"] | {"dropped": {NASTY: 2}},
    }
    reading = Reading(run)
    text = html.render(reading, bad, [figures.draw_one(figures.modules()[0], reading)])
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert Page(text).faults == []


def test_it_says_the_answer_with_intervals(text: str, reading: Reading) -> None:
    from bscsim.record.intervals import interval
    from bscsim.report.words import level

    effect = interval(reading.effect("all_present", 8))
    assert f"teachers&#39; practice is {level(effect.mean)} SD higher" in text
    assert "too few replicates for an interval" in text
    values = reading.effect("all_present", 8)
    assert f"Over the 3 replicates it ranges from {level(values.min())} to {level(values.max())} SD" in text
    assert "90% of replicates" not in text
    assert "0% to" not in text


def test_it_says_how_to_reproduce(text: str, manifest: dict[str, Any]) -> None:
    assert "bscsim run small.yaml --seed 1 --replicates 3" in text
    assert manifest["study"]["digest"] in text
    assert "bscsim rerun DIR --replicate 0" in text


def test_it_holds_no_time_and_no_path(text: str) -> None:
    assert "somewhere/" not in text
    assert not re.search(r"20\d\d-\d\d-\d\dT", text)


def test_it_counts_what_is_known_fitted_and_assumed(text: str) -> None:
    from bscsim.scenario.parameters import table

    rows = table()
    assert f"{len(rows)} parameters drive the model" in text
    assumed = sum(row.status == "A" for row in rows)
    assert f"{assumed} assumed" in text
    for name in ("fit_floor", "coach_spill", "ready_elast", "sd_coll"):
        assert f"<code>{name}</code>" in text


def test_contrast_of_text_is_at_least_that_of_wcag_aa() -> None:
    style = html._resource("style.css")
    colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{6}|#[0-9a-f]{3})", style))
    for ink in ("ink", "soft", "blue"):
        for paper in ("#ffffff", colors["wash"], colors["amber"]):
            assert contrast(colors[ink], paper) >= 4.5, (ink, paper)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of WCAG 2."""
    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_command_makes_this_run_again_with_its_changes():
    from bscsim.report.html import command

    manifest = {
        "run": {"seed": 3, "replicates": 5},
        "file": {"name": "my study.yaml"},
        "set": ["parameters.k_hour=0.05", "calendar.sessions=[3, 7]", "simulation.seed=3"],
    }
    assert command(manifest) == (
        "bscsim run 'my study.yaml' --set parameters.k_hour=0.05 --set 'calendar.sessions=[3, 7]' "
        "--seed 3 --replicates 5"
    )
