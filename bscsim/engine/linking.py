"""One optimization instead of two hundred: inner functions are optimized where they are linked in, not on their own.

Numba optimizes each function with all that it calls and makes machine code of it, also when only compiled code calls it
and only the code inside its callers ever runs.  For a kernel of two hundred small functions that is most of the time to
compile.  Inside :func:`deferred` that work is left out; the entry that the functions are linked into does it once, for
all of them.  There they are its own: nobody else can call them, so the compiler may put a function that is called once
into its caller, and need not pass what a function does not use.  A State is some hundred words, so that halves a call.

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
_UNRESOLVED = ".numba.unresolved$"  # before the name of a function that is looked up when its code is loaded


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
    """Let numba's code libraries ask whether they were made inside; once, and only if all that is needed is there."""
    library = getattr(numba.core.codegen, "JITCodeLibrary", None)
    codegen = getattr(numba.core.codegen, "JITCPUCodegen", None)
    whole = all(hasattr(library, name) for name in _NAMES) and hasattr(codegen, "set_env")
    if not whole or getattr(library, "bscsim_defers", False):
        return
    library.bscsim_defers = True  # type: ignore[union-attr]
    _mark(library)
    _own(library)
    # A library may be finished late, by the function that links it: where it was made is what counts.
    _unless(library, "_optimize_final_module", _is_inner, lambda _: None)
    _unless(library, "_finalize_final_module", _is_inner, _finish_quickly)
    _unless(library, "get_pointer_to_function", _is_inner, lambda _, name: 0)
    _unless(codegen, "set_env", lambda _: _inside(), lambda _, name, env: None)


def _inside() -> bool:
    return getattr(_INSIDE, "depth", 0) > 0


def _is_inner(library: Any) -> bool:
    return getattr(library, "bscsim_inner", False)


def _mark(library: Any) -> None:
    """Have every library note whether it was made inside :func:`deferred`."""
    original = library.__init__

    def method(self: Any, *arguments: Any) -> None:
        self.bscsim_inner = _inside()
        original(self, *arguments)

    library.__init__ = method


def _own(library: Any) -> None:
    """Have an entry make the inner functions that were linked into it its own before it optimizes them."""
    original = library._optimize_final_module

    def method(self: Any) -> None:
        if any(map(_is_inner, getattr(self, "_linking_libraries", ()))):
            module = self._final_module
            names = {one.name for one in module.global_variables}
            for function in module.functions:
                if not function.is_declaration and function.linkage.name == "linkonce_odr":
                    # Of functions that call each other one is looked up by its name, and must keep it.
                    function.linkage = "external" if f"{_UNRESOLVED}{function.name}" in names else "internal"
        original(self)

    library._optimize_final_module = method


def _unless(owner: Any, name: str, asked: Callable[[Any], bool], instead: Callable[..., Any]) -> None:
    """Replace a method by one that does ``instead`` where ``asked``."""
    original = getattr(owner, name)

    def method(self: Any, *arguments: Any) -> Any:
        return instead(self, *arguments) if asked(self) else original(self, *arguments)

    setattr(owner, name, method)


def _finish_quickly(library: Any) -> None:
    """What numba's own method does, without handing the module to the machine code generator."""
    library._finalize_dynamic_globals()
    library._verify_declare_only_symbols()
    library._finalized = True
