"""Scenarios that ship with the package, for ``base: NAME``.

The defaults of the classes are the feasibility scenario, so that there is one copy of its numbers; a shipped base is
what it changes of them. ``experiments/ccl_feasibility.yaml`` writes the same scenario out for reading, and a test says
that the two are equal.
"""

from __future__ import annotations

from typing import Any, Final

SHIPPED: Final[dict[str, dict[str, Any]]] = {"ccl_feasibility": {}}
"""Name -> settings, laid over the defaults."""
