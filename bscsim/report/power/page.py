"""report.html of a power study: the answer and its number box first, warnings before power; nothing is fetched."""

from __future__ import annotations

from importlib.resources import files as package_files
from typing import TYPE_CHECKING, Any

from bscsim.report.html import inline_svg
from bscsim.report.origin import file_name, meta, missing, provenance, resume, versions
from bscsim.report.power.box import box_of, cards, few, warnings
from bscsim.report.power.box import title as alarm
from bscsim.report.power.grant import grant
from bscsim.report.power.how import failed, how
from bscsim.report.power.page_tables import views
from bscsim.report.power.study import analysis_words, estimator_words
from bscsim.report.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bscsim.report.figures import Drawn
    from bscsim.report.power.study import Power
    from bscsim.report.sweep.page_tables import View

SECTIONS = (
    ("design", "The design"), ("estimators", "Power and type I error by estimator"), ("curves", "Power along the axes"),
    ("search", "The search"), ("promises", "What was promised, and what takes it away"), ("cost", "Power and its cost"),
    ("seen", "What is true, and what was seen"), ("failures", "Failed fits"), ("family", "The family of analyses"),
    ("levers", "Which lever is worth paying for"),
)  # fmt: skip


def render(power: Power, manifest: Mapping[str, Any], drawn: Mapping[str, Sequence[Drawn]]) -> str:
    """The whole report as one HTML text. Everything that comes from a file is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(_resource), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    tables = views(power)
    sections = [
        {"id": name, "title": title, "tables": tables.get(name, ()), "figures": [
            {"title": one.title, "caption": one.caption, "name": one.name,
             "svg": Markup(inline_svg(one.svg.decode("utf-8"), one.name))} for one in drawn.get(name, ())
        ], "notes": notes(power, name)} for name, title in SECTIONS
    ]  # fmt: skip
    page = environment.get_template("power/power.html.j2").render(
        style=Markup(_resource("style.css")), own=Markup(_resource("power/power.css")),
        sections=[one for one in sections if one["tables"] or one["figures"]], **content(power, manifest, tables),
    )  # fmt: skip
    return page.rstrip() + "\n"


def _resource(name: str) -> str:
    return package_files("bscsim.report").joinpath(name).read_text(encoding="utf-8")


def notes(power: Power, section: str) -> list[str]:
    """Sentences that belong to a section: warnings of the search, as sentences."""
    found = power.part("search").get("warnings") or () if section == "search" else ()
    return [f"{str(one)[:1].upper()}{str(one)[1:].rstrip('.')}." for one in found]


def general(power: Power) -> list[str]:
    """Notes of the study but for those that the warning of bad tests repeats."""
    bad = {f"{analysis_words(analysis)}, {estimator_words(one)}: the type I error"
           for _, analysis, one in power.out_of_band()}  # fmt: skip
    given = [str(note) for note in power.summary.get("notes") or ()]
    return [note for note in given if not any(note.replace("_", " ").startswith(one) for one in bad)]


def content(power: Power, manifest: Mapping[str, Any], tables: Mapping[str, Sequence[View]]) -> dict[str, Any]:
    """What the template shows besides sections."""
    summary = power.summary
    study = {**(manifest.get("study") or {}), **power.part("study")}
    name = str(study.get("name") or "power study")
    answer = [str(sentence) for sentence in summary.get("answer") or ()]
    nothing = "No cell has a result yet, so there is no answer to give."
    return {
        "title": str(summary.get("title") or name).replace("_", " "),
        "question": str(summary.get("question") or ""),
        "answer": answer or ([nothing] if not power.cells else ["The numbers below say what the study would find."]),
        "meta": meta(summary, manifest, size(power)),
        "cards": cards(power),
        "box": box_of(power),
        "few": few(power),
        "randomized": power.randomized,
        "alarm": alarm(power),
        "warnings": warnings(power),
        "cells": tables.get("answer", ()),
        "notes": general(power),
        "missing": missing(summary, "study"),
        "failed": failed(power),
        "resume": resume(manifest),
        "grant": grant(power),
        "words": estimator_list(power),
        "run": how(power),
        "provenance": provenance(summary, manifest),
        "file_name": file_name(manifest),
        "file_text": str((manifest.get("file") or {}).get("text") or ""),
        "version": str(versions(summary, manifest).get("bscsim") or ""),
    }


def size(power: Power) -> list[str]:
    """How many cells and replicates there are, in words."""
    cells = int(power.part("run").get("cells") or len(power.cells) or 1)
    return [count(cells, "cell"), f"{count(power.replicates, 'replicate')}{' each' if cells > 1 else ''}"]


def estimator_list(power: Power) -> list[tuple[str, str]]:
    """Every estimator's name with what it is, once."""
    found = {estimator_words(one): str(one["words"]) for _, _, one in power.estimates() if one.get("words")}
    return list(found.items())
