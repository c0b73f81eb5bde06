"""Every rule compiles as it stands and gives the same bits compiled as in plain Python."""

import importlib
import inspect
import math
import pkgutil
import random
from collections import namedtuple

import pytest

import bscsim.rules
from bscsim.engine.compiling import compiled
from bscsim.scenario.parameters import table

MODULES = sorted(info.name for info in pkgutil.iter_modules(bscsim.rules.__path__))
WORDS = {"c0", "c1", "c2", "c3", "k0", "k1", "replicate", "entity", "high", "low"}
P = namedtuple("P", [row.name for row in table() if row.group == "traits" or row.name == "turn_frailty"])
SPECIAL = {
    "number": lambda rng: rng.randrange(2**32),
    "occupant": lambda rng: rng.randrange(2**16),
    "driver": lambda rng: rng.randrange(10),
    "seed": lambda rng: rng.randrange(2**63),
    "stream": lambda rng: rng.randrange(2**16),
    "step": lambda rng: rng.randrange(2**16),
    "item": lambda rng: rng.randrange(2**32),
    "slot": lambda rng: rng.randrange(60),
    "size": lambda rng: rng.randrange(1, 60),
    "order": lambda rng: rng.randrange(6),
    "seats": lambda rng: rng.randrange(1, 7),
    "members": lambda rng: rng.randrange(1, 30),
    "rate": lambda rng: rng.uniform(0.01, 0.99),
    "exponent": lambda rng: rng.choice([-2.0, -1.0, 0.0, 0.5, 1.0]),
    "calendar_month": lambda rng: rng.randrange(1, 13),
}


def functions():
    """(module, name, function) of every rule, in import order."""
    for name in MODULES:
        module = importlib.import_module(f"bscsim.rules.{name}")
        for key, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == module.__name__:
                yield name, key, value


def argument(name, annotation, rng):
    """A value inside the parameter's range."""
    if annotation == "Any":
        return P(*(rng.uniform(0.1, 0.9) for _ in P._fields))
    if name in SPECIAL and not (name == "rate" and "int" in annotation):
        return SPECIAL[name](rng)
    if name in WORDS and annotation == "int":
        return rng.randrange(2**32)
    if annotation == "int":
        return rng.randrange(0, 6)
    if annotation == "bool":
        return rng.random() < 0.5
    if annotation.startswith("tuple"):
        return tuple(rng.random() for _ in range(3))
    return rng.uniform(0.01, 0.99)


def bits(value):
    """A comparable form that tells 0.0 from -0.0 and knows NaN."""
    if isinstance(value, tuple):
        return tuple(bits(part) for part in value)
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value.hex()
    return int(value)


@pytest.mark.parametrize("module", MODULES)
def test_compiled_rules_give_the_same_bits(module):
    rng = random.Random(1)
    checked = 0
    for name, key, function in functions():
        if name != module:
            continue
        fast = compiled(function)
        for _ in range(50):
            arguments = [argument(p.name, p.annotation, rng) for p in inspect.signature(function).parameters.values()]
            assert bits(fast(*arguments)) == bits(function(*arguments)), (key, arguments)
        checked += 1
    assert checked or module == "__init__"
