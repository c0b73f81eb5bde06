"""Every rule compiles as it stands and gives the same bits compiled as in plain Python."""

import importlib
import inspect
import math
import pkgutil
import random
import types

import pytest

import bscsim.rules

numba = pytest.importorskip("numba")

MODULES = sorted(info.name for info in pkgutil.iter_modules(bscsim.rules.__path__))
WORDS = {"c0", "c1", "c2", "c3", "k0", "k1", "replicate", "entity", "high", "low"}
SPECIAL = {
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


def compiled(function, seen):
    """The function compiled with every rule it calls compiled too; its own code, not a copy."""
    if function not in seen:
        names = {
            key: compiled(value, seen) if inspect.isfunction(value) and "bscsim.rules" in value.__module__ else value
            for key, value in function.__globals__.items()
            if key in function.__code__.co_names
        }
        seen[function] = numba.njit(
            types.FunctionType(function.__code__, {**names, "__builtins__": __builtins__}, function.__name__)
        )
    return seen[function]


def argument(name, annotation, rng):
    """A value inside the parameter's range."""
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
    seen = {}
    checked = 0
    for name, key, function in functions():
        if name != module:
            continue
        fast = compiled(function, seen)
        for _ in range(50):
            arguments = [argument(p.name, p.annotation, rng) for p in inspect.signature(function).parameters.values()]
            assert bits(fast(*arguments)) == bits(function(*arguments)), (key, arguments)
        checked += 1
    assert checked or module == "__init__"
