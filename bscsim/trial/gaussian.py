"""The Gaussian truth: variance components and an effect typed in, in the place of the model.

It is what a usual calculator assumes. Simulated, it stands between the closed form, which has no degrees of freedom to
estimate, and the mechanism, which has turnover, attrition and whatever else the program does.

Unit i of center j at wave w:

    y = center_j + center_period_jw + staff_i + residual_iw, and if treated, after the start,
        + effect + collaborative_k + d_j

All terms are independent normal with mean 0; d has the SD sd_effect. A collaborative is formed after allocation and
acts on what happens after, so it has no part in a baseline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from math import isfinite
from typing import Literal

Null = Literal["none", "sharp", "average"]

COMPONENTS = ("collaborative", "center", "center_period", "staff", "residual")
"""Names of the variance components."""


@dataclass(frozen=True)
class GaussianTruth:
    """Variance components (in the squared unit of the outcome, absent: 0) and the effect (in its unit).

    effect, sd_effect
        Mean effect in the population of centers and collaboratives, and the SD of a center's own effect around that of
        its collaborative; finite, the SD at least 0.
    var
        collaborative: variance between collaboratives in what they do to the outcome (SD of the collaborative's effect,
        squared). center: between centers, lasting. center_period: between centers, of one wave. staff: between people
        of a center, lasting. residual: of one measurement. Each at least 0; center to residual not all 0.
    var_control
        Components (all but collaborative) of an untreated center where they differ: of the control arm, and of every
        center before the start. A center keeps its place: its lasting part is scaled, not drawn anew.
    r2
        center, staff: share of the variance component of that name which the covariate of that name predicts; 0 to
        below 1. What a baseline predicts follows from the components, and needs no r2.

    ValueError names the part that is out of range or unknown.

    >>> truth = GaussianTruth(0.3, var={"collaborative": 0.03, "center": 0.1, "staff": 0.4, "residual": 0.5})
    >>> truth.under("average").effect, truth.under("sharp").var["collaborative"]
    (0.0, 0.0)
    """

    effect: float
    sd_effect: float = 0.0
    var: Mapping[str, float] = field(default_factory=dict)
    var_control: Mapping[str, float] = field(default_factory=dict)
    r2: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isfinite(self.effect):
            raise ValueError(f"effect is {self.effect}; it must be a finite number")
        if not 0 <= self.sd_effect < float("inf"):
            raise ValueError(f"sd_effect is {self.sd_effect}; it must be finite and at least 0")
        _known("var", self.var, COMPONENTS)
        _known("var_control", self.var_control, COMPONENTS[1:])
        _known("r2", self.r2, ("center", "staff"))
        for name, share in self.r2.items():
            if share >= 1:
                raise ValueError(f"r2.{name} is {share}; it must be at least 0 and below 1")
        for arm in (self.treated, self.untreated):
            if not sum(arm[name] for name in COMPONENTS[1:]) > 0:
                raise ValueError(f"var has no variance at all in {', '.join(COMPONENTS[1:])}; give one of them")

    @property
    def treated(self) -> dict[str, float]:
        """All components of a treated center after the start."""
        return {name: float(self.var.get(name, 0.0)) for name in COMPONENTS}

    @property
    def untreated(self) -> dict[str, float]:
        """All components of a control center, and of any center before the start; no collaborative."""
        return self.treated | dict(self.var_control) | {"collaborative": 0.0}

    def under(self, null: Null) -> GaussianTruth:
        """The truth under a null; "none": as it is.

        "sharp": nobody is affected, so treated centers are like untreated ones and collaboratives do nothing.
        "average": the effect is 0 in the mean, but collaboratives and centers differ in it as they do in the truth.

        >>> GaussianTruth(0.3, 0.1, {"center": 1.0}).under("average")
        GaussianTruth(effect=0.0, sd_effect=0.1, var={'center': 1.0}, var_control={}, r2={})
        """
        if null not in ("none", "sharp", "average"):
            raise ValueError(f"null is {null!r}; it must be none, sharp or average")
        if null == "sharp":
            return replace(self, effect=0.0, sd_effect=0.0, var=self.untreated, var_control={})
        return replace(self, effect=0.0) if null == "average" else self

    def for_formulas(self, covariates: Iterable[str] = ()) -> dict[str, float]:
        """Variances after the start as arguments of :func:`bscsim.formulas.partially_nested`, less what r2 explains.

        covariates: those of "center", "staff" that are adjusted for; a baseline is left to
        :func:`bscsim.formulas.adjusted`. The degree of freedom that a covariate costs is not in them.

        >>> truth = GaussianTruth(0.3, 0.1, {"center": 0.1, "center_period": 0.02, "residual": 0.5}, r2={"center": 0.3})
        >>> {name: round(value, 6) for name, value in truth.for_formulas(["center"]).items()}
        {'var_collaborative': 0.0, 'var_center': 0.1, 'var_unit': 0.5,
         'var_center_control': 0.09, 'var_unit_control': 0.5}
        """
        known = {name: self.r2.get(name, 0.0) for name in covariates}
        center, unit = [], []
        for arm in (self.treated, self.untreated):
            center.append(arm["center"] * (1 - known.get("center", 0.0)) + arm["center_period"])
            unit.append(arm["staff"] * (1 - known.get("staff", 0.0)) + arm["residual"])
        return {
            "var_collaborative": self.treated["collaborative"],
            "var_center": center[0] + self.sd_effect**2,
            "var_unit": unit[0],
            "var_center_control": center[1],
            "var_unit_control": unit[1],
        }


def _known(part: str, given: Mapping[str, float], names: tuple[str, ...]) -> None:
    for name, value in given.items():
        if name not in names:
            near = get_close_matches(name, names, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{part} has {name!r}; its parts are {', '.join(names)}{hint}")
        if not 0 <= value < float("inf"):
            raise ValueError(f"{part}.{name} is {value}; it must be finite and at least 0")
