"""Numbers and names in words: digits, signs, units, levels."""

from __future__ import annotations

import math

import pytest

from bscsim.report.sweep.figures.panels import wrap
from bscsim.report.sweep.numbers import Estimate, Writer, writer_for
from bscsim.report.sweep.study import Sweep


@pytest.mark.parametrize(("size", "half", "text"), [
    (0.314, 0.02, "0.31"), (0.314, 0.002, "0.314"), (0.314, 0.2, "0.31"), (0.0314, 0.002, "0.031"),
    (3.14159, 0.5, "3.1"), (31.4159, 2.0, "31"), (31.4159, 0.3, "31.4"), (3141.59, 100.0, "3,142"),
])  # fmt: skip
def test_digits_follow_the_size_and_the_interval(size: float, half: float, text: str) -> None:
    assert writer_for("SD", [Estimate(size, size - half, size + half)]).value(size) == text


def test_digits_never_hide_an_interval() -> None:
    """The median interval shows two different ends."""
    for size in (0.001, 0.02, 0.3, 4.0, 50.0):
        one = Estimate(size, size * 0.9, size * 1.1)
        low, high = writer_for("", [one]).interval(one).split(" to ")
        assert low != high


def test_dollars_and_shares() -> None:
    cost = writer_for("US dollars", [Estimate(12345.0, 12200.0, 12490.0)])
    assert cost.with_interval(Estimate(12345.0, 12200.0, 12490.0)) == "$12,300 ($12,200 to $12,500)"
    assert cost.change(-1500.0) == "−$1,500"
    assert cost.change(1500.0) == "+$1,500"
    share = writer_for("share", [Estimate(0.8543, 0.83, 0.88)])
    assert share.with_interval(Estimate(0.8543, 0.83, 0.88)) == "85% (83% to 88%)"
    assert share.change(0.031) == "+3"


def test_zero_has_no_sign() -> None:
    write = Writer("plain", 2)
    assert (write.change(0.001), write.change(-0.001), write.value(-0.001)) == ("0.00", "0.00", "0.00")
    assert write.value(math.nan) == "n/a"


def test_intervals_of_few_replicates_are_not_shown() -> None:
    data = {"mean": 1.0, "ci95_low": 0.5, "ci95_high": 1.5, "replicates": 4}
    few, enough = Estimate.of(data), Estimate.of({**data, "replicates": 5})
    assert few is not None
    assert enough is not None
    assert not few.has_interval
    assert not few.clear_of_zero
    assert enough.clear_of_zero
    assert Estimate.of(None) is None
    assert Estimate.of({"mean": None, "replicates": 0}) is None


def test_two_outcomes_of_one_title_are_told_apart_by_time() -> None:
    responses = [{"key": f"fit@{when}", "when": when, "title": "local fit"} for when in ("end", "+12", "28")]
    titles = [outcome.title for outcome in Sweep({"responses": responses}).outcomes]
    assert titles == ["Local fit, at the end", "Local fit, 12 months after the end", "Local fit, month 28"]


def test_levels_are_found_whatever_their_type() -> None:
    levels = [1, True, [3, 7], "auto", None, {"a": 1}]
    factor = Sweep({"factors": [{"name": "x", "levels": levels, "labels": list("abcdef")}]}).factors[0]
    assert [factor.label(level) for level in levels] == list("abcdef")
    assert factor.label(1.0) == "a"
    assert factor.label([3.0, 7]) == "c"
    assert factor.label(5) == "5"
    assert not factor.numeric


@pytest.mark.parametrize("text", ["a", "one two three four five six seven", "x" * 90, "name_of_a_long_parameter"])
@pytest.mark.parametrize("width", [6, 10, 25])
def test_wrapped_text_fits_and_says_when_it_is_cut(text: str, width: int) -> None:
    lines = wrap(text, width, 2).split("\n")
    assert len(lines) <= 2
    assert all(len(line) <= width for line in lines)
    whole = "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert whole != lines[-1].endswith("…")
