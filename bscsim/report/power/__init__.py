"""What a power study becomes for its readers: summary.json, tables, figures and report.html, from plain data only.

`summary` is the contract between the rooms: what `bscsim.trial` finds out, as mappings, lists and numbers. Nothing is
simulated or analyzed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def power_files(summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """The contents of every file of a power study's report by relative path, in order. Equal data give equal bytes.

    Parameters
    ----------
    summary : Mapping
        The findings of the study as plain data without NaN; what was not analyzed is empty, null or left out.
    manifest : Mapping
        What :func:`bscsim.record.provenance.describe` says of the study; only names, versions, run, file, platform and
        git are used, and each may be absent.

    >>> found = power_files({"study": {"name": "tiny"}, "answer": ["Nothing was tried."]}, {})
    >>> sorted(found)
    ['report.html', 'summary.json', 'tables/columns.csv', 'tables/power.csv']
    """
    from bscsim.report.power import figures, page, tables
    from bscsim.report.power.study import Power
    from bscsim.report.summary import to_text

    power = Power(summary)
    drawn = figures.draw_all(power)
    out = {"summary.json": to_text(summary).encode("utf-8")}
    out |= {f"tables/{name}": data for name, data in tables.files(power).items()}
    for figure in (one for found in drawn.values() for one in found):
        out |= {f"figures/{figure.name}.svg": figure.svg, f"figures/{figure.name}.png": figure.png}
    out["report.html"] = page.render(power, manifest, drawn).encode("utf-8")
    return dict(sorted(out.items()))
