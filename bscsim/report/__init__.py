"""What a run becomes for its readers: summary.json, tables, figures and report.html.

Nothing is imported here until it is asked for, so that the command line stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bscsim.record.trajectories import Trajectories


def write_report(run: Trajectories, manifest: Mapping[str, Any], folder: Path) -> list[str]:
    """Write summary.json, tables/, figures/ and report.html of a run into a folder (made if need be).

    `manifest`: what :func:`bscsim.record.provenance.describe` says of the run. Returns the paths written, relative
    to the folder, in order. Equal runs give equal bytes.
    """
    return write_files(report_files(run, manifest), folder)


def write_files(files: Mapping[str, bytes], folder: Path) -> list[str]:
    """Write files, by relative path, into a folder (made if need be) and return their paths in order."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return list(files)


def report_files(run: Trajectories, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """The contents of every file of the report by relative path."""
    from bscsim.report import figures, html, summary, tables
    from bscsim.report.reading import Reading

    reading = Reading(run)
    drawn = figures.draw_all(reading)
    out = {"summary.json": summary.to_text(summary.summarize(reading, manifest)).encode("utf-8")}
    out |= {f"tables/{name}": data for name, data in tables.files(reading, manifest).items()}
    for figure in drawn:
        out |= {f"figures/{figure.name}.svg": figure.svg, f"figures/{figure.name}.png": figure.png}
    out["report.html"] = html.render(reading, manifest, drawn).encode("utf-8")
    return dict(sorted(out.items()))
