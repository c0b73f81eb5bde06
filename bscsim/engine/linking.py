"""One optimization instead of two hundred: inner functions are optimized where they are linked in, not on their own.

Numba optimizes each function with all that it calls and makes machine code of it, also when only compiled code calls it
and only the code inside its callers ever runs.  For a kernel of two hundred small functions that is most of the time to
compile.  Inside :func:`deferred` that work is left out; the entry that the functions are linked into does it once, for
all of them.  What is run is the same: the entry's code always came from its own optimization.

This leans on names inside numba.  Where one is missing, nothing is left out, and compiling only takes longer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_INSIDE = threading.local()
_NAMES = ("_optimize_final_module", "_finalize_final_module", "get_pointer_to_function", "_finalize_dynamic_globals",
          "_verify_declare_only_symbols")  # fmt: skip


@contextmanager
def deferred(numba: Any) -> Iterator[None]:
    """Leave optimization and machine code of what is compiled inside to whatever it is linked into."""
    _patch(numba)
    before = getattr(_INSIDE, "depth", 0)
    _INSIDE.depth = before + 1
    try:
        yield
    finally:
        _INSIDE.depth = before


def _patch(numba: Any) -> None:
    """Let numba's code libraries ask whether they are inside; once, and only if all that is needed is there."""
    library = getattr(numba.core.codegen, "JITCodeLibrary", None)
    codegen = getattr(numba.core.codegen, "JITCPUCodegen", None)
    whole = all(hasattr(library, name) for name in _NAMES) and hasattr(codegen, "set_env")
    if not whole or getattr(library, "bscsim_defers", False):
        return
    library.bscsim_defers = True  # type: ignore[union-attr]
    _unless_inside(library, "_optimize_final_module", lambda _: None)
    _unless_inside(library, "_finalize_final_module", _finish_quickly)
    _unless_inside(library, "get_pointer_to_function", lambda _, name: 0)
    _unless_inside(codegen, "set_env", lambda _, name, env: None)


def _unless_inside(owner: Any, name: str, instead: Callable[..., Any]) -> None:
    """Replace a method by one that does ``instead`` inside :func:`deferred`."""
    original = getattr(owner, name)

    def method(self: Any, *arguments: Any) -> Any:
        return instead(self, *arguments) if getattr(_INSIDE, "depth", 0) else original(self, *arguments)

    setattr(owner, name, method)


def _finish_quickly(library: Any) -> None:
    """What numba's own method does, without handing the module to the machine code generator."""
    library._finalize_dynamic_globals()
    library._verify_declare_only_symbols()
    library._finalized = True
