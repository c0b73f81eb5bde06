"""The responses of a sweep: what it keeps of each replicate, one row a wave instead of the whole record.

Each response is the number that the tables of the record give (:mod:`bscsim.record.truth`, ``spread``, ``levels``),
computed by compiled code: :func:`bscsim.engine.reducing.reduce`.  They are about the centers ever put in a
collaborative, those that withdrew included, unless said otherwise.  A flow is summed over the months before the wave;
a stock is taken at its start.  NaN is a missing value: an empty denominator, or a twin that was not simulated.

>>> len(RESPONSES), COLUMNS[:4], COLUMNS[-1]
(42, ('practice', 'practice_twin', 'effect', 'effect_centers'), 'twin_m2')
>>> response("exit_rate").unit
'a year'
"""

from __future__ import annotations

from collections.abc import Iterable
from math import nan, sqrt
from typing import Final, NamedTuple


class Response(NamedTuple):
    """A response's name (a column of the results), unit and meaning."""

    name: str
    unit: str
    about: str


RESPONSES: Final = (
    Response("practice", "0-1", "mean P of the teachers present"),
    Response("practice_twin", "0-1", "mean P of the teachers present in the twin"),
    Response("effect", "0-1", "practice of the teachers present, minus the twin's; every person counts once"),
    Response("effect_centers", "0-1", "practice of the teachers present, minus the twin's; every center counts once"),
    Response("effect_stayers", "0-1", "practice of teachers there since month 0 in both worlds, minus the twin's"),
    Response("effect_own_stayers", "0-1", "practice of teachers there since month 0, minus the twin's, each with its "
             "own"),
    Response("effect_team", "0-1", "practice of teachers who have ever held a seat, minus the twin's (same persons)"),
    Response("effect_others", "0-1", "practice of teachers who never held a seat, minus the twin's (same persons)"),
    Response("effect_outside", "0-1", "practice of teachers in centers never put in a collaborative, minus the twin's"),
    Response("gain_team", "0-1", "gain in P over the twin of the same staff (all roles) who have ever held a seat"),
    Response("gain_others", "0-1", "gain in P over the twin of the same staff (all roles) who have never held a seat"),
    Response("outside_informed", "share", "share of centers outside whose staff's K - k0 exceeds the twin's by more "
             "than .01"),
    Response("borrowed", "share", "share of all rises of F so far that came from the best center"),
    Response("knowledge", "0-1", "mean K of the teachers present"),
    Response("knowledge_effect", "0-1", "mean K of the teachers present, minus the twin's"),
    Response("used", "share", "share of the drivers of the teachers present with P > .5"),
    Response("used_effect", "share", "share of teachers' drivers with P > .5, minus the twin's"),
    Response("fit", "0-1", "mean over centers of the mean F over drivers: adapted and standardised there"),
    Response("fit_effect", "0-1", "mean over centers of the mean F over drivers, minus the twin's"),
    Response("formalised", "share", "mean over centers of the share of drivers with F > .5"),
    Response("qi_effect", "0-1", "mean over centers of Q, improvement capacity, minus the twin's"),
    Response("climate_effect", "0-1", "mean over centers of C, climate, minus the twin's"),
    Response("readiness", "0-1", "mean over centers of R, readiness"),
    Response("readiness_effect", "0-1", "mean over centers of R, minus the twin's (centers that have a value in "
             "both worlds)"),
    Response("motivation_effect", "0-1", "mean over centers of A, the mean M of those there, minus the twin's (centers "
             "that have a value in both worlds)"),
    Response("attendance", "share", "attended of all that seat holders were invited to so far"),
    Response("session_attendance", "share", "attended of the learning sessions so far"),
    Response("call_attendance", "share", "attended of the calls of all kinds so far"),
    Response("coaching_attendance", "share", "attended of the coaching visits so far (they are on site: 1)"),
    Response("seats_held", "share", "mean over centers of the share of seats that somebody holds"),
    Response("pdsa_started", "a center", "tests of change started so far, per center"),
    Response("pdsa_succeeded", "a center", "tests of change that ended in success so far, per center"),
    Response("active_share", "share", "share of centers that have not withdrawn before the month"),
    Response("exit_rate", "a year", "exits a year per filled position so far, staff"),
    Response("exit_rate_twin", "a year", "exits a year per filled position so far, staff, in the twin"),
    Response("retained", "share", "share of the staff at the first wave who are still in the same center"),
    Response("retained_twin", "share", "share of the staff at the first wave still in the same center, in the twin"),
    Response("cost_program", "USD a center", "cost so far per center, all lines but hiring"),
    Response("cost_sponsor", "USD a center", "cost so far per center that the sponsor pays"),
    Response("cost_hiring_effect", "USD a center", "cost of hiring so far per center, minus the twin's"),
    Response("reports_sent", "share", "monthly reports sent of those due so far"),
    Response("enrolled", "centers", "centers put in a collaborative"),
)  # fmt: skip
"""Every response, in the order of the columns."""

MOMENTS: Final = ("twin_n", "twin_mean", "twin_m2")
"""Number, mean and sum of squared deviations of teachers' practice in the twin: what :func:`pooled_sd` takes."""

COLUMNS: Final[tuple[str, ...]] = (*(row.name for row in RESPONSES), *MOMENTS)
"""The outcome columns of a row of results."""

_BY_NAME: Final = {row.name: row for row in RESPONSES}


def response(name: str) -> Response:
    """Return the row of RESPONSES with this name.

    Raises KeyError, with the names there are, for any other name.

    >>> response("fit").about
    'mean over centers of the mean F over drivers: adapted and standardised there'
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise KeyError(f"no response {name!r}; there are {', '.join(_BY_NAME)}") from None


def pooled_sd(n: Iterable[float], mean: Iterable[float], m2: Iterable[float]) -> float:
    """Return the SD (ddof 1) of all persons of several rows from each row's MOMENTS; NaN of fewer than two persons.

    Rows are merged one after the other in the order given, so the same rows in the same order give the same bits;
    rows without persons or without a twin are passed over.  With the rows of all replicates at a wave it is
    :func:`bscsim.record.truth.standardiser`, in practice units.  Merging: Chan, Golub and LeVeque (1983), The American
    Statistician 37(3), 242-247.

    >>> round(pooled_sd([2, 0, 1], [1.5, float("nan"), 3.0], [0.5, float("nan"), 0.0]), 12)   # 1, 2, and 3
    1.0
    >>> pooled_sd([1], [0.4], [0.0])
    nan
    """
    count = center = total = 0.0
    for more, middle, squares in zip(_floats(n), _floats(mean), _floats(m2), strict=True):
        if more > 0.0:
            step = middle - center
            both = count + more
            center += step * (more / both)
            total += squares + step * step * (count * more / both)
            count = both
    return sqrt(total / (count - 1.0)) if count > 1.0 else nan


def _floats(values: Iterable[float]) -> list[float]:
    """Plain floats, which a loop of Python adds up several times as fast as numpy's."""
    listed = getattr(values, "tolist", None)
    return [float(value) for value in (listed() if callable(listed) else values)]
