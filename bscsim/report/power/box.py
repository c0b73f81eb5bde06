"""The number box of a power study (power never without type I error), and the warning of bad tests."""

from __future__ import annotations

from typing import Any

from bscsim.report.power.numbers import bare, bare_ends, known
from bscsim.report.power.study import OUT_OF_BAND, Data, Power, analysis_words, estimator_words, in_sd, mdes_of
from bscsim.report.words import dollars, level

NULLS = (("type1_sharp", "sharp"), ("type1_average", "average"))
MOST_CELLS = 4


def cards(power: Power) -> list[dict[str, str]]:
    """Power, type I error under both nulls, minimum detectable effect, true effect in SD and cost, if known."""
    head = power.headline
    if head is None:
        return []
    cell, analysis, one = head
    bad = one.get("size_verdict") in OUT_OF_BAND
    made = [_power(power, analysis, one), *_sizes(power, one, bad), _mdes(power, one), _effect(analysis), _cost(cell)]
    return [card for card in made if card is not None]


def box_of(power: Power) -> str:
    """What the number box is of, in words."""
    head = power.headline
    if head is None:
        return ""
    cell, analysis, one = head
    where = f", in the cell “{power.cell_label(cell)}”" if power.several_cells else ""
    return f"{analysis_words(analysis)}, {estimator_words(one)}{where}"


def _power(power: Power, analysis: Data, one: Data) -> dict[str, str] | None:
    found = known(one.get("power"))
    if found is None:
        return None
    ends = bare_ends(found)
    verdict = "short of" if found.mean < power.target else "at or above"
    return {"value": bare(found.mean), "what": f"power, {verdict} the {bare(power.target)} wanted",
            "interval": f"95% interval {ends}" if ends else "", "kind": ""}  # fmt: skip


def _sizes(power: Power, one: Data, bad: bool) -> list[dict[str, str] | None]:
    out: list[dict[str, str] | None] = []
    for name, null in NULLS:
        found = known(one.get(name))
        if found is None:
            continue
        outside = bad and abs(found.mean - power.alpha) > power.band
        said = f": {one['size_verdict']}" if outside else ""
        out.append({"value": bare(found.mean, 3), "what": f"type I error, {null} null{said}",
                    "interval": f"95% interval {bare_ends(found, 3)}; wanted {bare(power.alpha)}",
                    "kind": "bad" if outside else ""})  # fmt: skip
    return out


def _mdes(power: Power, one: Data) -> dict[str, str] | None:
    found, standard = mdes_of(one)
    if found is None:
        return None
    digits, unit = (2, " SD") if standard else (3, "")
    ends = f"95% interval {level(found.low, digits)} to {level(found.high, digits)}" if found.has_interval else ""
    return {"value": f"{level(found.mean, digits)}{unit}", "kind": "", "interval": ends,
            "what": f"minimum detectable effect with a power of {bare(power.target)}"}  # fmt: skip


def _effect(analysis: Data) -> dict[str, str] | None:
    found = in_sd(analysis)
    if found is None:
        return None
    ends = f"95% interval {level(found.low)} to {level(found.high)}" if found.has_interval else ""
    return {"value": f"{level(found.mean)} SD", "what": "true effect", "interval": ends, "kind": ""}


def _cost(cell: Data) -> dict[str, str] | None:
    total = (cell.get("cost") or {}).get("total")
    if total is None:
        return None
    return {"value": dollars(float(total)), "what": "cost of the study, as assumed", "interval": "", "kind": ""}


def warnings(power: Power) -> list[str]:
    """Sentences on each analysis and estimator whose type I error is out of its band, over cells."""
    found: dict[tuple[str, str, str], list[tuple[Data, Data]]] = {}
    for cell, analysis, one in power.out_of_band():
        key = (analysis_words(analysis), estimator_words(one), str(one["size_verdict"]))
        found.setdefault(key, []).append((cell, one))
    return [_warning(power, key, pairs) for key, pairs in found.items()]


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
    reasons = list(dict.fromkeys(str(one["size_reason"]).rstrip(".") for _, one in pairs if one.get("size_reason")))
    why = f" Why: {'; '.join(reasons)}." if reasons else ""
    return f"{estimator}, {analysis}: type I error {verdict}{where}: {' and '.join(said)}.{why}"


def few(power: Power) -> list[str]:
    """Analyses with too few replicates to say whether the level holds."""
    pairs: dict[str, Any] = {}
    for _, analysis, one in power.estimates():
        if one.get("size_verdict") == "too few replicates":
            pairs.setdefault(f"{estimator_words(one)}, {analysis_words(analysis)}")
    return list(pairs)
