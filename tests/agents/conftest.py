"""Small models to look into: a few centers, no burn-in, and whatever a test changes."""

from dataclasses import replace

import pytest

from bscsim.agents.collaborative import CollaborativeModel
from bscsim.scenario.population import make_pool
from bscsim.scenario.scenario import Scenario

SMALL = {
    "population.centers": 4,
    "population.areas": 1,
    "population.sizes": 12,
    "population.drivers": 2,
    "enrolment.centers_per_collaborative": 4,
    "calendar.burn_in": 0,
}
NOBODY_LEAVES = {
    "parameters.turn_base_child_care": 0.0,
    "parameters.turn_base_head_start": 0.0,
    "parameters.turn_base_school": 0.0,
}


@pytest.fixture
def build():
    """Make a model of the small scenario with changes; ``sizes`` gives each center its own staff."""

    def make(changes=None, *, sizes=None, still=False, **settings):
        scenario = Scenario().with_values(SMALL | (NOBODY_LEAVES if still else {}) | (changes or {}))
        pool = make_pool(scenario.population)
        if sizes is not None:
            pool = replace(pool, size=tuple(sizes))
        return CollaborativeModel(scenario, pool=pool, **settings)

    return make


@pytest.fixture
def run_to():
    """Step a model until the start of a month (before anything of that month happens)."""

    def run(model, month):
        while model.month < month:
            model.step()
        return model

    return run


@pytest.fixture
def dismiss():
    """Make a person leave with certainty in the next step, even where nobody leaves of their own accord."""

    def send(person):
        person.threshold = 0.0

    return send
