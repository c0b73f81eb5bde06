"""report.html of a sweep: the answer first, what is missing, figures, tables, how it was run; nothing is fetched."""

from __future__ import annotations

import shlex
from importlib.resources import files as package_files
from typing import TYPE_CHECKING, Any

from bscsim.report.html import inline_svg
from bscsim.report.sweep.figures.pairing import sentence as pairing_sentence
from bscsim.report.sweep.page_tables import views
from bscsim.report.sweep.study import when_words
from bscsim.report.words import count, level, percent

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
        "meta": meta(sweep, manifest),
        "missing": missing(sweep),
        "failed": failed(sweep)[:FAILED_SHOWN],
        "failed_more": max(len(sweep.rows("failed")) - FAILED_SHOWN, 0),
        "resume": shlex.join(["bscsim", "run", file_name(manifest), "--out", "DIR"]),
        "factors": sweep.factors,
        "outcomes": [outcome for outcome in sweep.outcomes if outcome.about or outcome.unit],
        "tables": views(sweep),
        "run": how(sweep),
        "aliases": [" = ".join(_alias(sweep, word) for word in words) for words in summary.get("aliases") or ()],
        "provenance": provenance(sweep, manifest),
        "file_name": file_name(manifest),
        "file_text": str((manifest.get("file") or {}).get("text") or ""),
        "version": str(versions(sweep, manifest).get("bscsim") or ""),
    }


def _alias(sweep: Sweep, word: str) -> str:
    return sweep.term_words(word.split("*"))


def versions(sweep: Sweep, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Versions of the package and its random streams."""
    return {**(manifest.get("versions") or {}), **(sweep.summary.get("versions") or {})}


def file_name(manifest: Mapping[str, Any]) -> str:
    """The study file's name; FILE if it is not known."""
    return str((manifest.get("file") or {}).get("name") or "FILE")


def meta(sweep: Sweep, manifest: Mapping[str, Any]) -> str:
    """The line below the title."""
    run = sweep.summary.get("run") or {}
    parts = [count(sweep.planned, "cell"), f"{count(sweep.replicates, 'replicate')} each"]
    parts += [f"seed {run['seed']}"] if run.get("seed") is not None else []
    version = versions(sweep, manifest).get("bscsim")
    return " · ".join([*parts, f"bscsim {version}"] if version else parts)


def missing(sweep: Sweep) -> str:
    """What is missing of an incomplete sweep, in words; empty if it is complete."""
    if sweep.summary.get("complete", True):
        return ""
    data = sweep.summary.get("missing") or {}
    gone, of = int(data.get("replicates") or 0), int(data.get("of") or 0)
    share = f" ({percent(gone / of)})" if of else ""
    where = f", in {count(int(data['cells']), 'cell')}" if data.get("cells") else ""
    return (
        f"This sweep is not complete: {gone:,} of {of:,} replicates are missing{share}{where}. Everything below is of "
        "what is finished; cells with fewer replicates have wider intervals, and comparisons use the replicates that "
        "both cells have."
    )


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


def provenance(sweep: Sweep, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of what and which."""
    run, study = sweep.summary.get("run") or {}, sweep.summary.get("study") or manifest.get("study") or {}
    known, git, machine = versions(sweep, manifest), manifest.get("git") or {}, manifest.get("platform") or {}
    pairs = [
        ("Study file", file_name(manifest)),
        ("Study digest", study.get("digest")),
        ("Seed and replicates", f"{run.get('seed')}; {run.get('replicates')}" if run else None),
        ("Rows of results", f"{run['rows']:,}" if run.get("rows") is not None else None),
        ("Versions", f"bscsim {known.get('bscsim')}, random streams {known.get('streams')}" if known else None),
        ("Code", f"{git.get('commit', '')}{', changed since' if git.get('changed') else ''}" if git else None),
        ("System", " ".join(str(part) for part in machine.values())),
    ]
    return [(name, str(value)) for name, value in pairs if value]
