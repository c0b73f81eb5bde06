"""The few operations everything is made of: pull, pulse, hazard, and the draws by inversion.

Every state in [0, 1] changes through :func:`pull` (competing first-order pulls, solved over the step) or
:func:`pulse` (a jump that closes a share of the gap to 1), so bounds hold by construction and a finer step
changes nothing but the order of operations.  Exponentials, logarithms and powers of the model are called here
and nowhere else, because their last digit is the platform's: continuous state that moves every step
(:func:`pull`) uses ``+ - * /`` alone.

One pull to 1 at rate 2 a year, for a month; then targets that all equal the state, which leave every bit alone:

>>> pull(0.3, 2.0 * (1.0 - 0.3), 2.0, 1 / 12)
0.407...
>>> pull(0.3, 0.0, 5.0, 1 / 12)
0.3
"""

from __future__ import annotations

from math import exp, log, pow, sqrt

LANES = 4
"""Sums over staff run in four lanes by slot, the order in which a processor adds four numbers at a time."""


def pull(x: float, drift: float, rate: float, dt: float) -> float:
    """Move ``x`` under competing pulls for ``dt`` years: ``dx/dt = sum_j r_j (t_j - x)``.

    ``drift`` is ``sum_j r_j (t_j - x)`` at the start and ``rate`` is ``sum_j r_j`` (1/year, >= 0).  The exact
    solution is ``x + drift dt phi(rate dt)`` with ``phi(y) = (1 - exp(-y))/y``; phi is taken as the [3/4]
    Pade approximant (error of exp(-y) below 4e-6 for y <= 1), which is made of + - * / alone, needs no branch
    at rate 0 and stays inside [0, 1] for every rate.  The clamp only takes rounding.
    """
    y = rate * dt
    phi = (360.0 + y * (60.0 + y * (12.0 + y))) / (360.0 + y * (240.0 + y * (72.0 + y * (12.0 + y))))
    moved = x + drift * dt * phi
    return 0.0 if moved < 0.0 else (1.0 if moved > 1.0 else moved)


def pulse(x: float, share: float) -> float:
    """Close ``share`` (0-1) of the gap between ``x`` and 1 at once."""
    moved = x + share * (1.0 - x)
    return 1.0 if moved > 1.0 else moved


def event_probability(hazard: float, dt: float) -> float:
    """Probability that an event of constant ``hazard`` (1/year) happens within ``dt`` years."""
    return 1.0 - exp(-hazard * dt)


def saturating(dose: float) -> float:
    """Share of a gap closed by a ``dose``: ``1 - exp(-dose)``; doses add."""
    return 1.0 - exp(-dose)


def growth(x: float) -> float:
    """``exp(x)``: a log-scale effect as a multiplier."""
    return exp(x)


def gentle_growth(x: float) -> float:
    """``exp(x)`` for ``|x| <= 2``, to a relative 1e-10, of + - * / alone: the same bits everywhere, and vectorisable.

    The [4/4] Pade approximant of ``exp(x/4)``, raised to the fourth power.
    """
    y = 0.25 * x
    z = y * y
    even = 1680.0 + z * (180.0 + z)
    odd = y * (840.0 + 20.0 * z)
    root = (even + odd) / (even - odd)
    square = root * root
    return square * square


def power(x: float, exponent: float) -> float:
    """``x ** exponent`` for ``x >= 0`` (``0 ** 0 = 1``)."""
    return pow(x, exponent)


def logit(p: float) -> float:
    """Log-odds of a probability strictly between 0 and 1."""
    return log(p / (1.0 - p))


def logistic(x: float) -> float:
    """Probability whose log-odds are ``x``."""
    return 1.0 / (1.0 + exp(-x))


def exponential(u: float) -> float:
    """Exponential variate of mean 1 from a uniform in (0, 1), by inversion."""
    return -log(u)


def _polynomial(
    x: float, c7: float, c6: float, c5: float, c4: float, c3: float, c2: float, c1: float, c0: float
) -> float:
    """A polynomial of degree seven, highest coefficient first, by Horner's rule."""
    return ((((((c7 * x + c6) * x + c5) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0


# fmt: off  (coefficients read best as Wichura printed them, a polynomial in two lines)
def normal(u: float) -> float:
    """Standard normal variate from a uniform in (0, 1), by inversion: Wichura (1988), algorithm AS 241, PPND16.

    Relative accuracy about 1e-16.  One uniform, monotone in it, so a common uniform keeps its rank in two scenarios.
    """
    return normal_center(u) if is_central(u) else normal_tail(u)


def is_central(u: float) -> bool:
    """Whether :func:`normal_center` holds for a uniform: for 85 in a hundred."""
    return abs(u - 0.5) <= 0.425


def normal_center(u: float) -> float:
    """The variate of a central uniform, of + - * / alone: vectorisable; beyond the center a number without meaning."""
    q = u - 0.5
    r = 0.180625 - q * q
    return q * _polynomial(
        r, 2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
        13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
    ) / _polynomial(
        r, 5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
        5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0)


def normal_tail(u: float) -> float:
    """The variate of a uniform that is not central."""
    r = sqrt(-log(min(u, 1.0 - u)))
    if r <= 5.0:
        size = _polynomial(
            r - 1.6, 7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
            1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
            1.42343711074968357734,
        ) / _polynomial(
            r - 1.6, 1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
            0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0)
    else:
        size = _polynomial(
            r - 5.0, 2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
            0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699,
            6.6579046435011037772,
        ) / _polynomial(
            r - 5.0, 2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
            7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0)
    return -size if u < 0.5 else size
# fmt: on


def poisson(mean: float, u: float) -> int:
    """Poisson count of the given mean from one uniform, by inversion: never falls when the mean rises.

    The search ends at ``mean + 40 sqrt(mean) + 40``, far beyond what a uniform of this package can ask for.
    """
    if u <= 1.0 - mean:  # below exp(-mean): nothing, at the price of a comparison
        return 0
    chance = exp(-mean)
    total = chance
    count = 0
    last = mean + 40.0 * sqrt(mean) + 40.0
    while u > total and count < last:
        count += 1
        chance = chance * mean / count
        total += chance
    return count


def binomial(trials: int, probability: float, u: float) -> int:
    """Binomial count from one uniform, by inversion: never falls when trials or probability rise."""
    if trials <= 0 or probability <= 0.0:
        return 0
    if probability >= 1.0:
        return trials
    odds = probability / (1.0 - probability)
    chance = pow(1.0 - probability, 1.0 * trials)
    total = chance
    count = 0
    while u > total and count < trials:
        chance = chance * odds * (trials - count) / (count + 1.0)
        total += chance
        count += 1
    return count
