"""What a sweep becomes for its readers: summary.json, tables, figures and report.html, from plain data only.

`summary` is the contract between the rooms: what `bscsim.sweeps` finds out, as mappings, lists and numbers. Nothing is
simulated or analysed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def sweep_files(summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """The contents of every file of a sweep's report by relative path, in order. Equal data give equal bytes.

    Parameters
    ----------
    summary : Mapping
        The findings of the sweep as plain data without NaN; absent analyses are empty or left out.
    manifest : Mapping
        What :func:`bscsim.record.provenance.describe` says of the study; only names, versions, run, file, platform and
        git are used, and each may be absent.

    >>> found = sweep_files({"study": {"name": "tiny"}, "answer": ["Nothing was varied."]}, {})
    >>> sorted(found)
    ['report.html', 'summary.json', 'tables/cells.csv', 'tables/columns.csv']
    """
    from bscsim.report.summary import to_text
    from bscsim.report.sweep import figures, page, tables
    from bscsim.report.sweep.study import Sweep

    sweep = Sweep(summary)
    drawn = figures.draw_all(sweep)
    out = {"summary.json": to_text(summary).encode("utf-8")}
    out |= {f"tables/{name}": data for name, data in tables.files(sweep).items()}
    for figure in drawn:
        out |= {f"figures/{figure.name}.svg": figure.svg, f"figures/{figure.name}.png": figure.png}
    out["report.html"] = page.render(sweep, manifest, drawn).encode("utf-8")
    return dict(sorted(out.items()))
