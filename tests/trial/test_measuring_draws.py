"""Draws of measurement: as often and as large as settings say, and of nobody else's business."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from bscsim.record.measures import STAFF_COLUMNS
from bscsim.record.staff_rows import StaffRows
from bscsim.record.trajectories import Trajectories
from bscsim.trial.dataset import Units
from bscsim.trial.enrolled import NEVER
from bscsim.trial.measuring import measure
from bscsim.trial.measuring.keys import place_of
from bscsim.trial.measuring.selecting import lowest
from tests.trial.enrolled_by_hand import enrolled_in, simulated, trial_of

ROOMS = {"of": "classrooms", "reliability": 0.75}
SURVEY = {"of": "staff", "asks": "practice", "reliability": 0.7, "sample": 6, "response": 0.7}


@cache
def run(replicates: Any = 60) -> Trajectories:
    return simulated(replicates)


def taken(world: str = "treated", cohort: str = "repeated", **settings: Any) -> Units:
    """The measure of these settings, alone in its study."""
    return measure(run(), world, enrolled_in(run()), trial_of(run(), {"one": settings}), "one", cohort)


def keys(units: Units, *names: str) -> list[tuple[int, ...]]:
    return list(zip(*(getattr(units, name).tolist() for name in names), strict=True))


def rows(units: Units) -> dict[tuple[int, ...], float]:
    return dict(zip(keys(units, "at", "wave", "center", "unit"), units.y.tolist(), strict=True))


def among(units: Units, some: Units) -> np.ndarray:
    """Which rows of units are rows of some."""
    held = rows(some)
    return np.array([key in held for key in rows(units)])


def errors_of(units: Units, **settings: Any) -> np.ndarray:
    """Errors of the rows: readings less those of a perfect instrument."""
    perfect = rows(taken(**{**settings, "reliability": 1.0, "rater": 0.0}))
    return units.y - np.array([perfect[key] for key in rows(units)])


# ---- sampling -----------------------------------------------------------------------------------------------------


def test_a_sample_has_its_size_and_takes_all_of_a_small_center() -> None:
    everyone, some = taken(of="staff"), taken(of="staff", sample=9)
    cells = keys(everyone, "at", "wave", "center")
    sizes = {cell: cells.count(cell) for cell in dict.fromkeys(cells)}
    assert min(sizes.values()) < 9 < max(sizes.values())  # the sample is larger than what some centers have
    found = keys(some, "at", "wave", "center")
    assert {cell: found.count(cell) for cell in dict.fromkeys(found)} == {c: min(n, 9) for c, n in sizes.items()}
    assert set(rows(some)) <= set(rows(everyone))


def test_every_unit_is_as_likely_in_the_sample() -> None:
    """Of six rooms two are taken at random, each of the 15 pairs as often (chi-square, 1 in 10,000); and in the study
    a position is sampled as often as there are places for it (4 binomial errors)."""
    from scipy import stats

    u = np.random.default_rng(1).random(6 * 3000)
    chosen = lowest(np.repeat(np.arange(3000), 6), u, 2).reshape(3000, 6)
    counts = [int((chosen[:, i] & chosen[:, j]).sum()) for i in range(6) for j in range(i)]
    assert sum(counts) == 3000
    assert stats.chisquare(counts).pvalue > 1e-4
    staff, some = taken(of="staff"), taken(of="staff", sample=6)
    cells = keys(staff, "at", "wave", "center")
    share = np.array([min(6 / cells.count(cell), 1.0) for cell in cells])
    slot = np.array([unit >> 16 & 1023 for unit in staff.unit.tolist()])
    inside = among(staff, some)
    for place in range(12):
        here = slot == place
        error = np.sqrt((share[here] * (1 - share[here])).sum())
        assert abs(inside[here].sum() - share[here].sum()) < 4 * error


def test_open_and_closed_keep_their_lots_and_repeated_draws_again() -> None:
    samples = {c: taken(cohort=c, of="classrooms", sample=2) for c in ("repeated", "open", "closed")}
    first = {c: {k for k in rows(units) if k[1] == 0} for c, units in samples.items()}
    assert first["open"] == first["closed"] == first["repeated"]

    def again(cohort: str) -> float:
        later = [(k[0], 0, k[2], k[3]) in first[cohort] for k in rows(samples[cohort]) if k[1] == 1]
        return float(np.mean(later))

    rooms = keys(taken(of="classrooms"), "at", "wave", "center")
    chance = np.mean([2 / max(rooms.count(cell), 2) for cell in dict.fromkeys(rooms)])
    assert again("closed") == 1.0
    assert again("open") > 0.9
    assert abs(again("repeated") - chance) < 0.08


def test_closed_is_who_answered_first_and_is_still_there() -> None:
    closed, opened = taken(cohort="closed", **SURVEY), taken(cohort="open", **SURVEY)
    first = {(k[0], k[2], k[3]) for k in rows(opened) if k[1] == 0}
    assert {(k[0], k[2], k[3]) for k in rows(closed) if k[1] == 0} == first
    asked = {k for k in rows(taken(**{**SURVEY, "sample": "all"})) if k[1] and (k[0], k[2], k[3]) in first}
    assert {k for k in rows(closed) if k[1]} == asked  # all of the first sample are asked again
    assert {k for k in rows(opened) if k[1]} - set(rows(closed))  # newcomers


# ---- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [
    {"of": "classrooms", "reliability": 0.6}, {"of": "staff", "asks": "practice", "reliability": 0.8},
    {"of": "staff", "asks": "motivation", "reliability": 0.5},
], ids=lambda s: s.get("asks", "rooms"))  # fmt: skip
def test_reliability_is_the_share_of_true_variance_at_the_first_wave(settings: dict[str, Any]) -> None:
    """Of the twin, by replicate: true variance over true plus error variance, within 4 errors of a mean; and errors
    have nothing to do with true states."""
    units, perfect = taken("twin", **settings), taken("twin", **{**settings, "reliability": 1.0})
    error, first = units.y - perfect.y, units.wave == 0
    ratios = []
    for at in range(60):
        here = first & (units.at == at)
        truth = np.var(perfect.y[here], ddof=1)
        ratios.append(truth / (truth + np.mean(error[here] ** 2)))
    se = np.std(ratios, ddof=1) / np.sqrt(60)
    assert abs(np.mean(ratios) - settings["reliability"]) < 4 * se + 0.003  # a ratio's mean is a little off
    assert se < 0.02
    assert abs(np.corrcoef(error, perfect.y)[0, 1]) < 4 / np.sqrt(len(error))


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_rater_shares_of_the_error(share: float) -> None:
    """The correlation of the errors of two rooms of a center at a wave is the rater's share; between waves it is 0."""
    settings = {"of": "classrooms", "reliability": 0.5, "rater": share}
    units = taken(**settings)
    held = dict(zip(rows(units), errors_of(units, **settings).tolist(), strict=True))
    pairs = [(e, held[(*k[:3], 1)]) for k, e in held.items() if k[3] == 0 and (*k[:3], 1) in held]
    waves = [(e, held[k[0], 1, k[2], k[3]]) for k, e in held.items() if k[1] == 0 and (k[0], 1, k[2], k[3]) in held]
    assert len(pairs) > 1000
    assert abs(np.corrcoef(np.array(pairs).T)[0, 1] - share) < 4 / np.sqrt(len(pairs))
    assert abs(np.corrcoef(np.array(waves).T)[0, 1]) < 8 / np.sqrt(len(waves))
    spread = np.array(list(held.values())).std()
    plain = errors_of(taken(of="classrooms", reliability=0.5), of="classrooms").std()
    assert spread == pytest.approx(plain, rel=0.1)  # whose share it is does not change its size


def test_the_same_person_has_the_same_error_in_both_worlds() -> None:
    """And a room, whatever happens in it; motivation differs between the worlds and decides who answers."""
    survey = {**SURVEY, "sample": "all", "response": 1.0}
    for settings in ({"of": "classrooms", "reliability": 0.5, "rater": 0.3}, survey):
        errors = []
        for world in ("treated", "twin"):
            units = taken(world, **settings)
            perfect = rows(taken(world, **{**settings, "reliability": 1.0, "rater": 0.0}))
            place = enumerate(rows(units))
            errors.append({key: units.y[i] - perfect[key] for i, key in place})
        both = errors[0].keys() & errors[1].keys()
        assert len(both) > 0.5 * len(errors[0])
        same = np.array([abs(errors[0][key] - errors[1][key]) < 1e-9 for key in sorted(both)])
        # but for the few who came to a center at another time, to another post, in the two worlds
        assert same.mean() > 0.97
        assert settings["of"] == "staff" or same.all()


def test_who_answers() -> None:
    """At response .7 about 70% answer, those with more motivation more often; at 1 everybody."""
    everyone, some = taken(of="staff", asks="motivation"), taken(of="staff", asks="motivation", response=0.7)
    assert len(taken(of="staff", asks="motivation", response=1.0).y) == len(everyone.y)
    first = everyone.wave == 0
    answered = among(everyone, some)
    slope, rate = 0.5, 0.7
    expected = []
    for at in range(60):
        mood = everyone.y[first & (everyone.at == at)]
        z = (mood - mood.mean()) / mood.std(ddof=1)
        expected.append((1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + slope * z)))).sum())
    error = np.sqrt(first.sum() * 0.21)
    assert abs(answered[first].sum() - sum(expected)) < 4 * error
    assert everyone.y[first & answered].mean() > everyone.y[first & ~answered].mean() + 0.02


# ---- attrition ----------------------------------------------------------------------------------------------------


def test_centers_are_lost_in_proportion_to_time_and_for_good() -> None:
    """Half of the treated and a fifth of the controls by the last wave, half of that at the middle one."""
    there, rates = run(), (0.5, 0.2)
    enrolled = enrolled_in(there)
    units = measure(there, "treated", enrolled, trial_of(there, {"r": {"of": "readiness"}}, rates), "r")
    seen = np.zeros((3, *enrolled.treated.shape), bool)
    seen[units.wave, units.at, units.center] = True
    assert seen[0].all()
    assert not (seen[2] & ~seen[1]).any()
    for arm, rate in ((enrolled.treated, rates[0]), (~enrolled.treated, rates[1])):
        for wave, share in ((1, rate / 2), (2, rate)):
            assert abs((~seen[wave])[arm].mean() - share) < 4 * np.sqrt(share * (1 - share) / arm.sum())
    twin = measure(there, "twin", enrolled, trial_of(there, {"r": {"of": "readiness"}}, rates), "r")
    assert keys(twin, "at", "wave", "center") == keys(units, "at", "wave", "center")


def test_withdrawn_centers_are_measured() -> None:
    there = run()
    withdrew = there.treated["withdrawal_month"] < 10
    units = taken(of="readiness")
    seen = np.zeros(withdrew.shape, bool)
    late = units.wave == 2
    seen[units.at[late], units.center[late]] = True
    assert withdrew.sum() > 20
    assert seen[withdrew].all()


def test_a_study_of_one_wave_has_lost_all_it_loses() -> None:
    there = run()
    trial = trial_of(there, {"r": {"of": "readiness"}}, (0.5, 0.5), waves={"post": 10})
    assert abs(len(measure(there, "treated", enrolled_in(there), trial, "r").y) / 600 - 0.5) < 4 * np.sqrt(0.25 / 600)


# ---- monthly reports ----------------------------------------------------------------------------------------------


def test_reports_are_missing_not_at_random() -> None:
    """Some 41% of controls' reports come; those who send are readier and more motivated than those who do not."""
    there = run()
    enrolled = enrolled_in(there)
    reports = measure(there, "treated", enrolled, trial_of(there, {"r": {"of": "reports"}}), "r")
    sent = np.zeros((60, 10, 21), bool)
    sent[reports.at, reports.center, reports.wave] = True
    able = (there.treated["motivation"] + there.treated["readiness"])[:, :, :21] / 2
    control = ~enrolled.treated
    chance = 1 / (1 + np.exp(-(np.log(0.41 / 0.59) + 3 * (able[control] - 0.5))))
    assert abs(sent[control].sum() - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())
    assert able[control][sent[control]].mean() > able[control][~sent[control]].mean()
    assert np.array_equal(sent[enrolled.treated], there.treated["report_sent"][enrolled.treated][:, :21] > 0)
    np.testing.assert_allclose(  # a perfect instrument shows the mean of the teachers at the start of the month
        reports.y, there.treated["practice"][reports.at, reports.center, reports.wave, 2], rtol=1e-6)
    late = enrolled._replace(begins=np.where(enrolled.treated, 15, NEVER))
    before = measure(there, "treated", late, trial_of(there, {"r": {"of": "reports"}}), "r")
    assert ((before.wave < 15) & late.treated[before.at, before.center]).sum() > 100


# ---- whose business it is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cohort", ["repeated", "open", "closed"])
def test_nothing_changes_when_another_measure_or_wave_or_center_is_added(cohort: str) -> None:
    """A measure after it, a wave between, a center that joins the study: same numbers to the bit (an instrument whose
    scale comes from the study's centers is compared without error where the centers change)."""
    there, enrolled = run((3, 0, 5)), enrolled_in(run((3, 0, 5)))
    small = {"baseline": 0, "followup": 20}
    one = rows(measure(there, "treated", enrolled, trial_of(there, {"s": SURVEY}, waves=small), "s", cohort))
    more = trial_of(there, {"s": SURVEY, "t": SURVEY}, waves=small)
    assert rows(measure(there, "treated", enrolled, more, "s", cohort)) == one
    assert rows(measure(there, "treated", enrolled, more, "t", cohort)) != one  # but it has errors of its own
    between = rows(measure(there, "treated", enrolled, trial_of(there, {"s": SURVEY}), "s", cohort))
    assert {(k[0], k[1] // 2, *k[2:]): y for k, y in between.items() if k[1] != 1} == one
    perfect = trial_of(there, {"s": {**SURVEY, "reliability": 1.0, "response": 1.0}}, (0.4, 0.4))
    whole = rows(measure(there, "treated", enrolled, perfect, "s", cohort))
    inside = enrolled.in_study.copy()
    inside[:, 4] = False
    without = rows(measure(there, "treated", enrolled._replace(in_study=inside), perfect, "s", cohort))
    assert without == {key: y for key, y in whole.items() if key[2] != 4}


def test_a_replicate_does_not_depend_on_the_others() -> None:
    """To the bit, in each kind of measure."""
    several, alone = run((3, 0, 5)), run((0,))
    kinds: dict[str, dict[str, Any]] = {
        "rooms": {**ROOMS, "sample": 2, "rater": 0.2}, "survey": SURVEY, "children": {"of": "children"},
        "ready": {"of": "readiness", "reliability": 0.7}, "reports": {"of": "reports", "reliability": 0.7},
    }  # fmt: skip
    for name in kinds:
        for cohort in ("open", "closed"):
            one = rows(measure(alone, "treated", enrolled_in(alone), trial_of(alone, kinds, (0.3, 0.3)), name, cohort))
            all_ = rows(
                measure(several, "treated", enrolled_in(several), trial_of(several, kinds, (0.3, 0.3)), name, cohort))
            assert {(0, *key[1:]): y for key, y in all_.items() if key[0] == 1} == one


def test_the_order_of_the_record_does_not_matter() -> None:
    """Rows that came in another order are sorted by the record, and measured alike."""
    there = run((3, 0, 5))
    before = rows(measure(there, "treated", enrolled_in(there), trial_of(there, {"s": SURVEY}), "s"))
    columns = {c.name: there.treated.staff[c.name] for c in STAFF_COLUMNS}
    shuffled = np.random.default_rng(2).permutation(len(columns["slot"]))
    staff = StaffRows.of({name: values[shuffled] for name, values in columns.items()}, there.treated.staff.drivers)
    order = np.lexsort([staff["slot"], staff["center"], staff["month"], staff["replicate"]])
    there.treated.staff = staff.where(order)
    assert rows(measure(there, "treated", enrolled_in(there), trial_of(there, {"s": SURVEY}), "s")) == before


def test_a_study_may_have_64_measures() -> None:
    names = [f"m{i}" for i in range(65)]
    assert place_of(names[:64], "m63") == 63
    with pytest.raises(ValueError, match="65 measures; it can have at most 64"):
        place_of(names, "m1")
