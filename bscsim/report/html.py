"""report.html: one file for a planner, with the figures inside it and nothing fetched from anywhere."""

from __future__ import annotations

import re
import shlex
from importlib.resources import files as package_files
from typing import TYPE_CHECKING, Any

from bscsim.record.intervals import FOR_PERCENTILES
from bscsim.report import page_rows, story
from bscsim.report.cautions import cautions
from bscsim.report.level_blocks import level_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bscsim.report.figures import Drawn
    from bscsim.report.reading import Reading


def render(reading: Reading, manifest: Mapping[str, Any], drawn: Sequence[Drawn]) -> str:
    """The whole report as one HTML text. Everything that comes from a file is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(_resource), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    figures = {
        figure.name: {
            "title": figure.title, "caption": figure.caption,
            "svg": Markup(inline_svg(figure.svg.decode("utf-8"), figure.name)),
        }
        for figure in drawn
    }  # fmt: skip
    page = environment.get_template("template.html.j2").render(
        style=Markup(_resource("style.css")), figures=figures, manifest=manifest, **content(reading, manifest)
    )
    return page.rstrip() + "\n"


def _resource(name: str) -> str:
    return package_files("bscsim.report").joinpath(name).read_text(encoding="utf-8")


def content(reading: Reading, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows besides the figures."""
    treated = reading.has_treated
    return {
        "answer": story.answer(reading),
        "cards": story.cards(reading),
        "simulated": story.simulated(reading, manifest),
        "cautions": cautions(reading, manifest["counts"]["dropped"]),
        "effects": page_rows.effect_rows(reading) if treated and reading.has_twin else [],
        "levels": level_blocks(reading) if treated else [],
        "waves": reading.later_waves,
        "participation": page_rows.participation_rows(reading) if treated else [],
        "teamwork": page_rows.teamwork_rows(reading) if treated else [],
        "turnover": page_rows.turnover_rows(reading) if treated else [],
        "costs": page_rows.cost_rows(reading) if treated else [],
        "status": page_rows.status_rows(),
        "influential": page_rows.influential_rows(reading),
        "changed": page_rows.changed_rows(reading, manifest),
        "ranges": reading.replicates >= FOR_PERCENTILES,
        "command": command(manifest),
    }


def inline_svg(text: str, name: str) -> str:
    """A figure's SVG ready to stand in a page: no XML head, own ids, as wide as its column, hidden from readers.

    The figure element around it carries the label that screen readers speak.
    """
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(xlink:href|href)="#', rf'\1="#{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    head, rest = text.split(">", 1)
    head = re.sub(r'\s(?:width|height)="[^"]*"', "", head)
    return f'{head} aria-hidden="true" focusable="false">{rest}'


def command(manifest: Mapping[str, Any]) -> str:
    """The command that makes this run again."""
    run = manifest["run"]
    own = ("simulation.seed=", "simulation.replicates=")  # said by options of their own
    changes = [change for change in manifest.get("set", ()) if not change.replace(" ", "").startswith(own)]
    words = ["bscsim", "run", manifest["file"]["name"], *(word for change in changes for word in ("--set", change))]
    return shlex.join([*words, "--seed", str(run["seed"]), "--replicates", str(run["replicates"])])


