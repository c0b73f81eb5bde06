"""Summaries of every kind, made once each; see synthetic.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from bscsim.report.sweep.study import Sweep
from tests.report.sweep import synthetic


@cache
def summary_of(kind: str) -> dict[str, Any]:
    return synthetic.KINDS[kind]()


@pytest.fixture(scope="session")
def sweep_of() -> Callable[[str], Sweep]:
    return lambda kind: Sweep(summary_of(kind))
