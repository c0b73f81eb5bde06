"""Summaries of sweeps that nobody simulated: one of each kind, from formulas and seeded noise.

`KINDS` names them; `make(kind)` gives (summary, manifest). The truth behind the numbers is `effect_of`, so tests can
say what a figure must show.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import norm, spearmanr, t

from bscsim.report.sweep.study import shown

Levels = dict[str, Any]

RESPONSES = [
    ("effect_sd@end", "effect on practice at the end", "SD", 1.0, 0.0),
    ("effect_sd@+12", "effect on practice 12 months later", "SD", 0.6, 0.0),
    ("fit@end", "local fit at the end", "0-1", 0.3, 0.2),
    ("attendance@end", "attendance so far", "share", 0.5, 0.4),
    ("cost_program@end", "program cost per center", "US dollars", 9000.0, 12000.0),
    ("pdsa_started@end", "PDSA cycles started", "per center", 6.0, 2.0),
    ("outside_informed@+12", "other centers reached", "share", 0.05, 0.01),
]


def interval(values: Any) -> dict[str, Any] | None:
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)]
    if x.size == 0:
        return None
    half = float(t.ppf(0.975, x.size - 1) * x.std(ddof=1) / math.sqrt(x.size)) if x.size > 1 else math.nan
    numbers = {"mean": x.mean(), "ci95_low": x.mean() - half, "ci95_high": x.mean() + half,
               "p05": np.percentile(x, 5), "p95": np.percentile(x, 95)}
    out: dict[str, Any] = {k: float(v) if math.isfinite(v) else None for k, v in numbers.items()}
    return out | {"replicates": int(x.size)}


def factor(name: str, levels: list[Any] | None = None, labels: list[str] | None = None, **more: Any) -> dict[str, Any]:
    base = {"name": name, "paths": [name], "levels": levels, "labels": labels, "low": None, "high": None, "unit": "",
            "about": f"what {name} does"}
    return base | more


def unit_point(factors: list[dict[str, Any]], levels: Levels) -> np.ndarray:
    """Every level as a number in [0, 1]: its place among the levels, or in the range."""
    out = []
    for one in factors:
        level = levels[one["name"]]
        if one["levels"] is not None:
            out.append(one["levels"].index(level) / max(len(one["levels"]) - 1, 1))
        else:
            out.append((level - one["low"]) / (one["high"] - one["low"]))
    return np.array(out)


def effect_of(u: np.ndarray) -> float:
    """Falls in weight from the first factor on; the first two interact; the third works the other way."""
    weights = np.array([0.4, 0.25, -0.15, 0.08, 0.04, 0.02, 0.01, 0.005, 0.0, 0.0])
    w = weights[np.arange(u.size) % weights.size]
    return float(0.1 + w @ u + (0.3 * u[0] * u[1] if u.size > 1 else 0.0))


def outcomes(factors: list[dict[str, Any]], cells: list[Levels], replicates: int, seed: int, keys: int) -> np.ndarray:
    """[response, cell, replicate]: scaled effect plus noise that cells share (four parts) and do not (one part)."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 0.12, (keys, 1, replicates))
    own = rng.normal(0, 0.06, (keys, len(cells), replicates))
    base = np.array([effect_of(unit_point(factors, levels)) for levels in cells])
    times = np.array([r[3] for r in RESPONSES[:keys]])[:, None, None]
    plus = np.array([r[4] for r in RESPONSES[:keys]])[:, None, None]
    return plus + times * (base[None, :, None] + shared + own)


def label_of(levels: Levels) -> str:
    return ", ".join(f"{name} {level}" for name, level in levels.items())


def base_summary(design: str, kind: str, factors: list[dict[str, Any]], cells: list[Levels], y: np.ndarray,
                 labels: list[str] | None = None, reference: int = 0) -> dict[str, Any]:
    keys = RESPONSES[: y.shape[0]]
    names = labels or [label_of(levels) for levels in cells]
    replicates = y.shape[2]
    return {
        "format": 1, "study": {"name": f"{design}_study", "kind": kind, "digest": "ab12cd34"},
        "versions": {"bscsim": "0.9.0", "streams": "3"}, "title": f"A made-up {design.replace('_', ' ')} study",
        "question": "Which of these settings drive adoption, and by how much?",
        "run": {"seed": 1, "replicates": replicates, "cells": len(cells), "rows": len(cells) * replicates * 4,
                "dt": "month", "base_horizon": 28},
        "design": design, "complete": True,
        "missing": {"cells": 0, "replicates": 0, "of": len(cells) * replicates}, "failed": [],
        "factors": factors,
        "responses": [{"key": k, "name": k.split("@")[0], "when": k.split("@")[1], "title": title, "unit": unit,
                       "about": f"what {k} is"} for k, title, unit, _, _ in keys],
        "scale": {"end": {"sd": 0.127, "cell": 0}}, "reference": reference,
        "cells": [{"cell": c, "label": names[c], "levels": levels, "replicates": replicates,
                   "values": {r[0]: interval(y[i, c]) for i, r in enumerate(keys)}} for c, levels in enumerate(cells)],
        "contrasts": [], "common_numbers": {}, "by_factor": [], "one_at_a_time": [], "correlations": [],
        "effects": [], "aliases": [], "resolution": None, "morris": [], "sobol": [], "noise": {},
        "answer": ["The first factor matters most.", "It moves the effect by 0.40 SD (0.38 to 0.42)."],
    }  # fmt: skip


def add_contrasts(s: dict[str, Any], y: np.ndarray) -> None:
    ref = s["reference"]
    for i, r in enumerate(s["responses"]):
        ratios = []
        for c in range(y.shape[1]):
            if c == ref:
                continue
            d = y[i, c] - y[i, ref]
            ratio = float((y[i, c].var(ddof=1) + y[i, ref].var(ddof=1)) / d.var(ddof=1))
            ratios.append(ratio)
            s["contrasts"].append({"cell": c, "against": ref, "response": r["key"], "difference": interval(d),
                                   "variance_ratio": ratio})
        s["common_numbers"][r["key"]] = {"median_variance_ratio": float(np.median(ratios)), "cells": len(ratios)}


def add_by_factor(s: dict[str, Any], y: np.ndarray) -> None:
    for f in s["factors"]:
        for j, level in enumerate(f["levels"]):
            chosen = [c["cell"] for c in s["cells"] if c["levels"][f["name"]] == level]
            for i, r in enumerate(s["responses"]):
                s["by_factor"].append({
                    "factor": f["name"], "level": level, "label": f["labels"][j] if f["labels"] else shown(level),
                    "response": r["key"], "mean": interval(y[i, chosen].mean(axis=0)),
                })  # fmt: skip


def grid(factors: list[dict[str, Any]], keys: int = 3, replicates: int = 40, seed: int = 1) -> dict[str, Any]:
    cells = [dict(zip([f["name"] for f in factors], levels, strict=True))
             for levels in itertools.product(*(f["levels"] for f in factors))]
    y = outcomes(factors, cells, replicates, seed, keys)
    s = base_summary("grid", "sweep", factors, cells, y)
    add_contrasts(s, y)
    add_by_factor(s, y)
    return s


ATTENDANCE = factor("attendance", [0.4, 0.6, 0.8, 1.0], unit="share of invitations")
READINESS = factor("readiness", [0.3, 0.5, 0.7], labels=["low", "usual", "high"])
SESSIONS = factor("calendar.sessions", [[3, 7, 11], [3, 7, 11, 15]], labels=["3 sessions", "4 sessions"])
LONG = factor("parameters.turn_base_child_care_lead_teachers", [0.2, 0.4], labels=[
    "turnover of child care lead teachers as it was before the pandemic", "turnover at its height"])


def grid1() -> dict[str, Any]:
    teams = [4, 8, 16, 32, 64, 141]
    return grid([factor("enrolment.centers_per_collaborative", teams, unit="teams")], keys=4)


def grid2() -> dict[str, Any]:
    return grid([ATTENDANCE, READINESS], keys=6)


def grid3() -> dict[str, Any]:
    return grid([READINESS, ATTENDANCE, SESSIONS], keys=3)


def grid_lists() -> dict[str, Any]:
    sessions = factor("calendar.sessions", [[3, 7], [3, 7, 11], [3, 7, 11, 15]])
    return grid([sessions, LONG], keys=2)


def heat() -> dict[str, Any]:
    a = factor("attendance", [round(0.1 * i, 1) for i in range(1, 10)])
    b = factor("turnover", [round(0.05 * i, 2) for i in range(1, 9)], unit="per year")
    return grid([a, b], keys=4)


def grid5() -> dict[str, Any]:
    more = factor("supports.coaching", [0, 0.5, 1])
    return grid([ATTENDANCE, READINESS, SESSIONS, LONG, more], keys=4, replicates=20)


def one_at_a_time() -> dict[str, Any]:
    factors = [factor(f"parameters.{n}", [0.1, 0.2, 0.4]) for n in (
        "k_hour", "fit_floor", "coach_spill", "ready_elast", "turn_base_child_care", "sd_coll", "std_hold")]
    factors += [factor("elements.expert_faculty", [False, True]), SESSIONS, LONG]
    start = {f["name"]: f["levels"][min(1, len(f["levels"]) - 1)] for f in factors}
    cells, what = [start], [("", None, "reference")]
    for f in factors:
        for j, level in enumerate(f["levels"]):
            if level != start[f["name"]]:
                cells.append({**start, f["name"]: level})
                what.append((f["name"], level, str((f["labels"] or list(map(shown, f["levels"])))[j])))
    y = outcomes(factors, cells, 40, 2, 3)
    labels = ["reference", *(f"{name} {label}" for name, _, label in what[1:])]
    s = base_summary("one_at_a_time", "sweep", factors, cells, y, labels)
    add_contrasts(s, y)
    for c, (name, level, label) in enumerate(what):
        for i, r in enumerate(s["responses"]):
            if c:
                s["one_at_a_time"].append({"factor": name, "level": level, "label": label, "response": r["key"],
                                           "difference": interval(y[i, c] - y[i, 0])})
    return s


def listed() -> dict[str, Any]:
    names = ["no supports", "calls only", "calls and learning sessions", "coaching every second month",
             "all supports together, with a stipend for substitute teachers", "none, high turnover"]
    factors = [factor("arm", list(range(len(names))), labels=names)]
    cells = [{"arm": i} for i in range(len(names))]
    y = outcomes(factors, cells, 40, 3, 4)
    s = base_summary("list", "sweep", factors, cells, y, names)
    add_contrasts(s, y)
    return s


def sampled(design: str = "latin_hypercube", n: int = 128) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    names = ["k_hour", "fit_floor", "coach_spill", "ready_elast", "turn_base_child_care", "sd_coll", "std_hold", "x8"]
    factors = [factor(f"parameters.{name}", None, low=0.0, high=2.0 * (i + 1)) for i, name in enumerate(names)]
    cells = [{f["name"]: float(rng.uniform(f["low"], f["high"])) for f in factors} for _ in range(n)]
    y = outcomes(factors, cells, 20, 5, 3)
    s = base_summary(design, "sweep", factors, cells, y, [f"cell {i}" for i in range(n)])
    for f in factors:
        x = np.array([levels[f["name"]] for levels in cells])
        for i, r in enumerate(s["responses"]):
            rho = float(spearmanr(x, y[i].mean(axis=1)).statistic)
            half = 1.96 * (1 - rho**2) / math.sqrt(n)
            s["correlations"].append({"factor": f["name"], "response": r["key"], "rank_correlation": rho,
                                      "low": rho - half, "high": rho + half})
    return s


def factorial(k: int = 5, keys: int = 2) -> dict[str, Any]:
    words = ["change_framework", "inclusive_team", "expert_faculty", "shared_learning", "improvement_model", "sixth"]
    factors = [factor(f"elements.{name}", [0, 1], labels=["without", "with"]) for name in words[:k]]
    names = [f["name"] for f in factors]
    cells = [dict(zip(names, levels, strict=True)) for levels in itertools.product([0, 1], repeat=k)]
    y = outcomes(factors, cells, 40, 6, keys)
    s = base_summary("full", "factorial", factors, cells, y)
    signs = np.array([[2 * levels[name] - 1 for name in names] for levels in cells])
    terms = [(i,) for i in range(k)] + list(itertools.combinations(range(k), 2))
    for i, r in enumerate(s["responses"]):
        estimates = []
        for term in terms:
            sign = signs[:, list(term)].prod(axis=1)
            estimates.append(y[i, sign > 0].mean(axis=0) - y[i, sign < 0].mean(axis=0))
        order = np.argsort([abs(e.mean()) for e in estimates])
        rank = np.empty(len(terms), int)
        rank[order] = np.arange(len(terms))
        for j, term in enumerate(terms):
            q = float(norm.ppf(0.5 + 0.5 * (rank[j] + 0.5) / len(terms)))
            s["effects"].append({"terms": [names[m] for m in term], "response": r["key"],
                                 "estimate": interval(estimates[j]), "half_normal": q})
    add_by_factor(s, y)
    add_contrasts(s, y)
    s["resolution"] = None
    return s


def fraction() -> dict[str, Any]:
    s = factorial(5)
    s["design"], s["resolution"] = "fraction", 5
    s["aliases"] = [["elements.change_framework*elements.inclusive_team",
                     "elements.expert_faculty*elements.shared_learning*elements.improvement_model"]]
    return s


def morris() -> dict[str, Any]:
    s = sampled("morris", 66)
    s["study"]["kind"] = "sensitivity"
    s["correlations"] = []
    for i, r in enumerate(s["responses"]):
        for j, f in enumerate(s["factors"]):
            mu = [0.52, 0.4, -0.16, 0.08, 0.045, 0.02, 0.012, 0.006][j] / (i + 1)
            star, sigma = abs(mu) * 1.05 + 0.01, abs(mu) * (0.5 if j < 2 else 0.15) + 0.008
            s["morris"].append({"factor": f["name"], "response": r["key"], "mu_star": star, "low": star * 0.85,
                                "high": star * 1.15, "mu": mu, "sigma": sigma, "noise": 0.014 / (i + 1)})
        s["noise"][r["key"]] = {"signal_share": 0.93 - 0.1 * i}
    return s


def sobol() -> dict[str, Any]:
    s = sampled("sobol_indices", 64)
    s["study"]["kind"] = "sensitivity"
    s["correlations"] = []
    for i, r in enumerate(s["responses"]):
        for j, f in enumerate(s["factors"]):
            first = [0.5, 0.22, 0.1, 0.03, 0.01, 0.0, -0.01, 0.0][j]
            total = first + [0.12, 0.11, 0.01, 0.01, 0.005, 0.004, 0.012, 0.001][j]
            s["sobol"].append({"factor": f["name"], "response": r["key"], "first": first, "first_low": first - 0.05,
                               "first_high": first + 0.05, "total": total, "total_low": total - 0.06,
                               "total_high": total + 0.06, "salib_first": first * 0.9, "salib_total": total * 1.2})
        s["noise"][r["key"]] = {"signal_share": 0.93 - 0.1 * i}
    return s


def partial() -> dict[str, Any]:
    s = grid2()
    s["complete"] = False
    s["missing"] = {"cells": 3, "replicates": 130, "of": 480}
    s["failed"] = [{"cell": 4, "first": 0, "last": 19, "error": "ValueError: poison <b>cell</b>", "attempts": 3}]
    for c in (4, 7, 11):
        s["cells"][c]["replicates"] = 0
        s["cells"][c]["values"] = {r["key"]: None for r in s["responses"]}
    s["contrasts"] = [row for row in s["contrasts"] if row["cell"] not in (4, 7, 11)]
    return s


def few() -> dict[str, Any]:
    return grid([ATTENDANCE, READINESS], keys=2, replicates=2)


def empty() -> dict[str, Any]:
    """Nothing finished yet."""
    s = grid2()
    for cell in s["cells"]:
        cell["replicates"], cell["values"] = 0, {r["key"]: None for r in s["responses"]}
    s |= {"complete": False, "missing": {"cells": 12, "replicates": 480, "of": 480}, "contrasts": [], "by_factor": [],
          "common_numbers": {}, "answer": []}
    return s


KINDS: dict[str, Callable[[], dict[str, Any]]] = {
    "grid1": grid1, "grid2": grid2, "grid3": grid3, "grid_lists": grid_lists, "heat": heat, "grid5": grid5,
    "one_at_a_time": one_at_a_time, "list": listed, "sampled": sampled, "factorial": factorial, "fraction": fraction,
    "morris": morris, "sobol": sobol, "partial": partial, "few": few, "empty": empty,
}  # fmt: skip


def manifest_of(summary: dict[str, Any]) -> dict[str, Any]:
    return {
        "study": summary["study"], "versions": summary["versions"], "run": summary["run"],
        "file": {"name": "study.yaml", "text": "kind: sweep\nname: made up\n"},
        "platform": {"system": "Linux", "machine": "x86_64"}, "git": {"commit": "0123456789abcdef", "changed": False},
    }  # fmt: skip


def make(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    summary = KINDS[kind]()
    return summary, manifest_of(summary)
