"""report.html of a sweep: the answer first, what is missing, figures, tables, how it was run; nothing is fetched."""

from __future__ import annotations

from importlib.resources import files as package_files
from typing import TYPE_CHECKING, Any

from bscsim.report.html import inline_svg
from bscsim.report.origin import file_name, meta, missing, provenance, resume, versions
from bscsim.report.sweep.figures.pairing import sentence as pairing_sentence
from bscsim.report.sweep.page_tables import views
from bscsim.report.sweep.study import when_words
from bscsim.report.words import count, level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bscsim.report.figures import Drawn
    from bscsim.report.sweep.study import Sweep

DESIGNS = {
    "grid": "every combination of the levels",
    "one_at_a_time": "one factor at a time changed from the reference",
    "latin_hypercube": "a Latin hypercube: every part of every range is tried once",
    "sobol": "a Sobol sequence, which fills the ranges evenly",
    "list": "a list of chosen cells",
    "full": "a full factorial: every combination of two levels a factor",
    "fraction": "a fraction of the factorial with two levels a factor",
    "morris": "Morris trajectories: from random points one factor moved at a time",
    "sobol_indices": "pairs of samples that differ in one factor, for Sobol indices (Saltelli)",
}
FAILED_SHOWN = 20
FEWER = "; cells with fewer replicates have wider intervals, and comparisons use the replicates that both cells have."


def render(sweep: Sweep, manifest: Mapping[str, Any], drawn: Sequence[Drawn]) -> str:
    """The whole report as one HTML text. Everything that comes from a file is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(_resource), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    figures = [
        {"title": figure.title, "caption": figure.caption, "name": figure.name,
         "svg": Markup(inline_svg(figure.svg.decode("utf-8"), figure.name))}
        for figure in drawn
    ]  # fmt: skip
    page = environment.get_template("sweep/sweep.html.j2").render(
        style=Markup(_resource("style.css")), figures=figures, **content(sweep, manifest)
    )
    return page.rstrip() + "\n"


def _resource(name: str) -> str:
    return package_files("bscsim.report").joinpath(name).read_text(encoding="utf-8")


def content(sweep: Sweep, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows besides the figures."""
    summary = sweep.summary
    study = {**(manifest.get("study") or {}), **(summary.get("study") or {})}
    name = str(study.get("name") or "sweep")
    answer = [str(sentence) for sentence in summary.get("answer") or ()]
    return {
        "name": name,
        "title": str(summary.get("title") or name),
        "question": str(summary.get("question") or ""),
        "answer": answer or ["No cell has a result yet, so there is no answer to give."],
        "meta": meta(summary, manifest, [
            count(sweep.planned, "cell"), f"{count(sweep.replicates, 'replicate')} each",
        ]),
        "missing": missing(summary, "sweep", FEWER),
        "failed": failed(sweep)[:FAILED_SHOWN],
        "failed_more": max(len(sweep.rows("failed")) - FAILED_SHOWN, 0),
        "resume": resume(manifest),
        "factors": sweep.factors,
        "outcomes": [outcome for outcome in sweep.outcomes if outcome.about or outcome.unit],
        "tables": views(sweep),
        "run": how(sweep),
        "aliases": [" = ".join(_alias(sweep, word) for word in words) for words in summary.get("aliases") or ()],
        "provenance": provenance(summary, manifest),
        "file_name": file_name(manifest),
        "file_text": str((manifest.get("file") or {}).get("text") or ""),
        "version": str(versions(summary, manifest).get("bscsim") or ""),
    }


def _alias(sweep: Sweep, word: str) -> str:
    return sweep.term_words(word.split("*"))


def failed(sweep: Sweep) -> list[dict[str, str]]:
    """The blocks that failed: which cell, which replicates, with what error, after how many attempts."""
    out = []
    for row in sweep.rows("failed"):
        cell = sweep.cell.get(row.get("cell", -1))
        first, last = row.get("first"), row.get("last")
        which = f"replicates {first} to {last}" if first != last else f"replicate {first}"
        out.append({
            "cell": f"cell {row.get('cell')}" + (f": {sweep.cell_label(cell)}" if cell else ""),
            "which": which, "error": str(row.get("error") or "unknown error"),
            "attempts": count(int(row.get("attempts") or 1), "attempt"),
        })  # fmt: skip
    return out


def how(sweep: Sweep) -> list[str]:
    """Sentences on the design, the replicates, the common random numbers and the scale of effects."""
    run = sweep.summary.get("run") or {}
    design = DESIGNS.get(sweep.design, sweep.design or "not said")
    said = [f"The design is {design}: {count(sweep.planned, 'cell')}, {count(sweep.replicates, 'replicate')} each."]
    if sweep.summary.get("resolution"):
        said.append(f"Its resolution is {sweep.summary['resolution']}.")
    said.append("Replicate r has the same random numbers in every cell: cells differ by their settings, not by luck.")
    said += [pairing_sentence(sweep)] if sweep.summary.get("common_numbers") else []
    for when, scale in (sweep.summary.get("scale") or {}).items():
        sd = scale.get("sd")
        if sd is not None:
            where = "all cells together" if scale.get("cell") is None else "the reference cell"
            said.append(
                f"Effects in SD ({when_words(str(when))}) are divided by {level(float(sd), 3)}, the SD of teachers' "
                f"practice without the collaborative in {where}, so that cells share one scale."
            )
    if run.get("base_horizon") is not None:
        step = {"half_month": "half a month", "week": "a week"}.get(str(run.get("dt")), "a month")
        said.append(f"The base scenario follows centers for {run['base_horizon']} months, in steps of {step}.")
    return [sentence for sentence in said if sentence]
