"""The number box of a power study (power never without type I error), and the warning of bad tests."""

from __future__ import annotations

import re
from typing import Any

from bscsim.report.power.numbers import bare, bare_ends, known
from bscsim.report.power.study import OUT_OF_BAND, Data, Power, analysis_words, estimator_words, in_sd, mdes_of
from bscsim.report.words import dollars, level

NULLS = (("type1_sharp", "sharp"), ("type1_average", "average"))
NULL_WORDS = {"sharp": "where nobody is affected", "average": "where effects differ but average zero"}
MOST_CELLS = 4
Card = dict[str, str]


def cards(power: Power) -> list[Card]:
    """Power (or what would be reported), type I error under both nulls, MDES, true effect in SD and cost, if known.

    A power that must not be quoted, and a minimum detectable effect that rests on it, say so in their own card.
    """
    head = power.headline
    if head is None:
        return []
    cell, analysis, one = head
    bad = one.get("size_verdict") in OUT_OF_BAND
    sizes = _sizes(power, one, bad)
    if power.randomized:
        made = [_power(power, one), *sizes, _mdes(power, one), _effect(analysis), _cost(cell)]
    else:
        made = [_reported(analysis, one), _effect(analysis), _improvement(one), *sizes, _cost(cell)]
    return [card for card in made if card is not None]


def box_of(power: Power) -> str:
    """What the number box is of, in words."""
    head = power.headline
    if head is None:
        return ""
    cell, analysis, one = head
    where = f", in the cell “{power.cell_label(cell)}”" if power.several_cells else ""
    return f"{analysis_words(analysis)}, {estimator_words(one)}{where}"


def _card(value: str, what: str, interval: str = "", kind: str = "") -> Card:
    return {"value": value, "what": what, "interval": interval, "kind": kind}


def _power(power: Power, one: Data) -> Card | None:
    found = known(one.get("power"))
    if found is None:
        return None
    ends = f"95% interval {bare_ends(found)}" if bare_ends(found) else ""
    verdict, adjusted = one.get("size_verdict"), known(one.get("size_adjusted_power"))
    proper = f"; at its proper level {bare(adjusted.mean)}" if adjusted else ""
    if verdict == "too high":
        return _card(bare(found.mean), f"not to be quoted as power: the type I error is too high{proper}", ends, "bad")
    said = "short of" if found.mean < power.target else "at or above"
    strict = f" (the test is too strict{proper})" if verdict == "too low" else ""
    return _card(bare(found.mean), f"power, {said} the {bare(power.target)} wanted{strict}", ends)


def _reported(analysis: Data, one: Data) -> Card | None:
    """The mean estimate of a design without randomization, in SD."""
    found, scale = known(one.get("mean_estimate")), known((analysis.get("truth") or {}).get("scale"))
    if found is None or scale is None or not scale.mean:
        return None
    ends = f"95% interval {level(found.low / scale.mean)} to {level(found.high / scale.mean)}"
    return _card(f"{level(found.mean / scale.mean)} SD", "effect that such a study reports on average",
                 ends if found.has_interval else "")  # fmt: skip


def _improvement(one: Data) -> Card | None:
    found = known(one.get("improvement"))
    if found is None:
        return None
    ends = f"95% interval {bare_ends(found)}" if bare_ends(found) else ""
    return _card(bare(found.mean), "of studies report a significant improvement (this is no power)", ends)


def _sizes(power: Power, one: Data, bad: bool) -> list[Card | None]:
    out: list[Card | None] = []
    for name, null in NULLS:
        found = known(one.get(name))
        if found is None:
            continue
        outside = bad and abs(found.mean - power.alpha) > power.band
        said = f": {one['size_verdict']}" if outside else ""
        out.append(_card(bare(found.mean, 3), f"type I error, {null} null{said}: rejections {NULL_WORDS[null]}",
                         f"95% interval {bare_ends(found, 3)}; wanted {bare(power.alpha)}",
                         "bad" if outside else ""))  # fmt: skip
    return out


def _mdes(power: Power, one: Data) -> Card | None:
    found, standard = mdes_of(one)
    if found is None:
        return None
    digits, unit = (2, " SD") if standard else (3, "")
    ends = f"95% interval {level(found.low, digits)} to {level(found.high, digits)}" if found.has_interval else ""
    value = f"{level(found.mean, digits)}{unit}"
    what = f"minimum detectable effect (MDES): found with a power of {bare(power.target)}"
    if one.get("size_verdict") == "too high":
        return _card(value, f"{what}, but not to be quoted: the type I error is too high", ends, "bad")
    return _card(value, what, ends)


def _effect(analysis: Data) -> Card | None:
    found = in_sd(analysis)
    if found is None:
        return None
    ends = f"95% interval {level(found.low)} to {level(found.high)}" if found.has_interval else ""
    return _card(f"{level(found.mean)} SD", "true effect", ends)


def _cost(cell: Data) -> Card | None:
    total = (cell.get("cost") or {}).get("total")
    if total is None:
        return None
    return _card(dollars(float(total)), "cost of the study, as assumed")


def warnings(power: Power) -> list[str]:
    """Sentences on each analysis and estimator whose type I error is out of its band, over cells."""
    found: dict[tuple[str, str, str], list[tuple[Data, Data]]] = {}
    for cell, analysis, one in power.out_of_band():
        key = (analysis_words(analysis), estimator_words(one), str(one["size_verdict"]))
        found.setdefault(key, []).append((cell, one))
    return [_warning(power, key, pairs) for key, pairs in found.items()]


def title(power: Power) -> str:
    """What the warning of bad tests says above them."""
    one = len(warnings(power)) == 1
    if power.randomized:
        return f"Warning: {'a test does' if one else 'tests do'} not hold {'its' if one else 'their'} level"
    return "Warning: changes without the program are called significant"


def _warning(power: Power, key: tuple[str, str, str], pairs: list[tuple[Data, Data]]) -> str:
    analysis, estimator, verdict = key
    said: list[str] = []
    for name, null in NULLS:
        values = [one.mean for _, data in pairs if (one := known(data.get(name))) is not None]
        if values:
            low, high = bare(min(values), 3), bare(max(values), 3)
            said.append(f"{low if low == high else f'{low} to {high}'} under the {null} null")
    where = ""
    if power.several_cells:
        names = [f"“{power.cell_label(cell)}”" for cell, _ in pairs[:MOST_CELLS]]
        more = f" and {len(pairs) - MOST_CELLS} more" if len(pairs) > MOST_CELLS else ""
        where = f" in {len(pairs)} of {len(power.cells)} cells ({', '.join(names)}{more})"
    found = reasons([data for _, data in pairs]) if power.randomized else []
    why = f" Why: {'; '.join(found)}." if found else ""
    return f"{estimator}, {analysis}: type I error {verdict}{where}: {' and '.join(said)}.{why}"


def reasons(rows: list[Data]) -> list[str]:
    """Why tests do not hold their level; reasons of several cells that differ only by numbers or the null are one.

    >>> rows = [{"size_reason": f"under the {null}: in {n}% of the fits"} for null, n in (("a", 7), ("b", 8))]
    >>> reasons(rows), reasons(rows[:1])
    (['in 7% of the fits'], ['under the a: in 7% of the fits'])
    """
    found: dict[str, str] = {}
    for data in rows:
        if reason := str(data.get("size_reason") or "").rstrip("."):
            cause = reason.split(": ", 1)[1] if reason.startswith("under ") and ": " in reason else reason
            found.setdefault(re.sub(r"[\d.]+", "", cause), cause if len(rows) > 1 else reason)
    return list(found.values())


def few(power: Power) -> list[str]:
    """Analyses with too few replicates to say whether the level holds."""
    pairs: dict[str, Any] = {}
    for _, analysis, one in power.estimates():
        if one.get("size_verdict") == "too few replicates":
            pairs.setdefault(f"{estimator_words(one)}, {analysis_words(analysis)}")
    return list(pairs)
