"""The figures of a sweep, one file a family, each drawn only if the summary holds its data.

Each module holds `plans(sweep) -> list[Plan]`: what it would draw, with title and caption for the page.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bscsim.report.figures import Drawn
    from bscsim.report.sweep.figures.panels import Plan
    from bscsim.report.sweep.study import Sweep


def plan_all(sweep: Sweep) -> list[Plan]:
    """What there is to draw, in the order of the page.

    >>> from bscsim.report.sweep.study import Sweep
    >>> plan_all(Sweep({}))
    []
    """
    from bscsim.report.sweep.figures import (
        effects,
        half_normal,
        heat,
        interactions,
        levels,
        lines,
        listing,
        morris,
        pairing,
        ranks,
        scatter,
        sobol,
        tornado,
    )

    order = (lines, heat, listing, tornado, effects, interactions, half_normal, levels, morris, sobol, ranks, scatter,
             pairing)  # fmt: skip
    return [plan for module in order for plan in module.plans(sweep)]


def draw_all(sweep: Sweep) -> list[Drawn]:
    """Draw every planned figure."""
    return [draw_one(plan) for plan in plan_all(sweep)]


def draw_one(plan: Plan) -> Drawn:
    """Draw one figure in the report's look and keep it as SVG and PNG.

    Words come from the user's file: a dollar sign in them is not mathematics, and a letter that the font lacks is drawn
    as a box without a warning (in the SVG the reader's own font has it).
    """
    import matplotlib as mpl

    from bscsim.report.figures import Drawn
    from bscsim.report.figures.style import look, to_bytes
    from bscsim.report.sweep.figures.panels import lay_out

    with look(), mpl.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = plan.draw()
        lay_out(figure)
        return Drawn(plan.name, plan.title, plan.caption, to_bytes(figure, "svg"), to_bytes(figure, "png"))
