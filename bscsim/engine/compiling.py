"""Machine code: rules and engine compiled as they stand, and what takes long to compile kept on disk.

A kept file is named by a digest of all it depends on: Python, numba, llvmlite, numpy, the C library, the processor,
numba's settings, the types of the arguments, and the code and constants of every function that numba was really given
(source may change on disk after a process has read it).  A check sum stands before the contents.  Whatever goes
wrong with the disk or with numba's internals, the function is compiled in memory and the run goes on.

Files are kept in the folder that the environment variable BSCSIM_CACHE_DIR, else NUMBA_CACHE_DIR names; without them
beside this file or, where that cannot be written, in the user's own cache (XDG_CACHE_HOME or ~/.cache).
"""

from __future__ import annotations

import builtins
import functools
import hashlib
import os
import pickle
import platform
import re
import shutil
import stat
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from bscsim.engine.linking import deferred
from bscsim.scenario.faults import BscsimError

OPTIONS: Final = {"nogil": True, "error_model": "numpy", "fastmath": False, "boundscheck": False, "_nrt": False}
"""No lock of Python's, no branch for a division by zero, no reordering; and no memory management, because nothing is
allocated: counting references to the arrays of a State at every call took most of the time."""
INNER: Final = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For what only compiled code calls: the wrappers that Python needs took half of the time to compile."""
MACHINERY: Final = 2  # raised when this file compiles otherwise in a way that no function's code or options show
NOTICE: Final = "bscsim: compiling the engine for this machine (once per installation; up to a minute) ...\n"
LOST: Final = "bscsim: the compiled engine could not be kept (BSCSIM_CACHE_DIR may name a folder for it)\n"
KEPT: Final = 4  # folders of kept code, the newest, that are never removed
UNUSED: Final = 7 * 24 * 3600.0  # seconds after its last use, reading too, from which an older one may be removed

_DONE: Final[dict[Any, Any]] = {}
_SAID: Final[set[str]] = set()
_LOCK: Final = threading.RLock()
_USER: Final[int] = getattr(os, "geteuid", int)()


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function's own code by numba, and every function of this package that it names; there is no copy.

    The result is called like the function, from Python or from a compiled function; machine code is made for the types
    of the first call and is not kept.  A function is compiled once a process, with the global constants it then has.
    Raises BscsimError when numba was imported before with Intel's vector library, which has other last digits.

    >>> from bscsim.rules.operators import pull
    >>> compiled(pull)(0.3, 1.4, 2.0, 1 / 12) == pull(0.3, 1.4, 2.0, 1 / 12)
    True
    """
    return _compiled(function, False, False)


def _compiled(function: Callable[..., Any], inner: bool, inlined: bool) -> Any:
    """Compile a function for Python, or for compiled code alone, and there to be put into its caller or not."""
    _numba()  # refuses a vector library, also for what was compiled before
    with _LOCK:
        if (function, inner, inlined) not in _DONE:
            before = list(_DONE)
            try:
                _wrap(function, inner, inlined)
            except BaseException:  # Ctrl-C, say: nothing half-made may be found again
                for unfinished in [key for key in _DONE if key not in before]:
                    del _DONE[unfinished]
                raise
        return _DONE[function, inner, inlined]


def _wrap(function: Callable[..., Any], inner: bool, inlined: bool) -> None:
    """Hand numba the function's own code, with the compiled form of all it names."""
    # Dispatcher first, what it names after: a function may call itself, or one that calls it.
    code, cells = function.__code__, function.__closure__ or ()
    closure = tuple(types.CellType() for _ in cells)
    names = {"__name__": function.__module__, "__builtins__": builtins}
    own = types.FunctionType(code, names, None, function.__defaults__, closure)
    functools.update_wrapper(own, function)
    own.__kwdefaults__ = function.__kwdefaults__
    options = OPTIONS | (INNER if inner else {}) | {"forceinline": inlined}
    dispatcher = _DONE[function, inner, inlined] = _numba().njit(**options)(own)
    if inner and hasattr(dispatcher, "get_call_template"):  # not with NUMBA_DISABLE_JIT
        _make_inner(dispatcher)
    whole = inlined and (hasattr(function, "vectorized") or not hasattr(function, "inlined"))  # with all that it calls
    named = _names(code) & function.__globals__.keys()
    own.__globals__.update({name: _stand_in(function.__globals__[name], whole) for name in named})
    for empty, cell in zip(closure, cells, strict=True):
        empty.cell_contents = _stand_in(cell.cell_contents, whole)


def entry(function: Callable[..., Any]) -> Any:
    """Compile a function that Python calls, as :func:`compiled` does, and keep its machine code between processes.

    The first call with arguments of new types loads the code or, when none is kept, says so on standard error (once a
    process) and compiles.  A disk that is full, read-only or damaged costs time and changes nothing else.  Code with
    machine addresses cannot be kept: arrays above a megabyte, functions that call each other.

    >>> from bscsim.rules.operators import pulse
    >>> entry(pulse)(0.2, 0.5) == pulse(0.2, 0.5)
    True
    """
    with _LOCK:
        dispatcher = compiled(function)
        # Where numba's dispatcher asks for kept code; without it (another numba, NUMBA_DISABLE_JIT) nothing is kept.
        if hasattr(dispatcher, "_cache") and not isinstance(dispatcher._cache, _Kept):
            dispatcher._cache = _Kept(dispatcher)
        return dispatcher


def _numba() -> Any:
    """Import numba without Intel's vector library: what plain Python gives must come out to the last bit."""
    if "numba" not in sys.modules:
        os.environ["NUMBA_DISABLE_INTEL_SVML"] = "1"  # read once, when numba is imported; child processes inherit it
    import numba

    if getattr(numba.config, "USING_SVML", False):
        raise BscsimError("numba was imported with Intel's vector library: set NUMBA_DISABLE_INTEL_SVML=1 first")
    return numba


def _names(code: types.CodeType) -> set[str]:
    """Every name that code, or code inside it, looks up."""
    return set(code.co_names).union(*(_names(part) for part in code.co_consts if isinstance(part, types.CodeType)))


def _stand_in(value: Any, inlined: bool) -> Any:
    """The compiled form of a function of the package; anything else as it is."""
    ours = isinstance(value, types.FunctionType) and str(value.__module__).startswith("bscsim.")
    return _compiled(value, True, inlined or hasattr(value, "inlined")) if ours else value


def _make_inner(dispatcher: Any) -> None:
    """Compile for the types of constants, not anew for each constant given, and leave machine code to the entry."""
    template, compile_ = dispatcher.get_call_template, dispatcher.compile

    def general(args: Any, kws: Any) -> Any:
        plain = _numba().types.unliteral
        return template(tuple(plain(one) for one in args), {name: plain(one) for name, one in kws.items()})

    def compile_inner(sig: Any) -> Any:
        with deferred(_numba()):
            return compile_(sig)

    dispatcher.get_call_template, dispatcher.compile = general, compile_inner


def _facts(value: Any, seen: set[Any]) -> Any:
    """What machine code depends on, in values whose repr is the same in every process."""
    if isinstance(value, types.CodeType):
        table = value.co_exceptiontable
        return value.co_code, table, value.co_names, value.co_varnames, _facts(value.co_consts, seen)
    if isinstance(value, tuple | list | dict):
        parts = sorted(value.items()) if isinstance(value, dict) else value
        return type(value).__qualname__, [_facts(part, seen) for part in parts]
    if hasattr(value, "py_func") and value in list(_DONE.values()) and value not in seen:
        seen.add(value)
        own = value.py_func
        cells = [cell.cell_contents for cell in own.__closure__ or ()]
        parts = own.__code__, own.__defaults__, own.__kwdefaults__, cells, own.__globals__, value.targetoptions
        return _facts(parts, seen)
    if callable(value) or isinstance(value, types.ModuleType):  # repr may hold an address
        named = [getattr(value, name, None) for name in ("__module__", "__name__", "_fields", "_field_defaults")]
        if str(named[0] or named[1]).startswith("bscsim.") and not (named[2] or hasattr(value, "py_func")):
            raise TypeError(f"{value} of this package may change under its name, so nothing that uses it is kept")
        return named
    if hasattr(value, "tobytes"):  # numpy's: repr leaves out the middle of a long array
        return str(value.dtype), value.shape, value.tobytes()
    return repr(value)


def _installation(context: Any) -> str:
    """Digest of what machine code depends on, whichever the function: versions, processor, settings."""
    config = _numba().config
    # All settings but those that cannot change code, so that none to come is forgotten.
    settings = [item for item in sorted(vars(config).items()) if not re.search("CACHE|CUDA|THREAD|[a-z]", item[0])]
    versions = [sys.modules[name].__version__ for name in ("numba", "llvmlite", "numpy")]
    return _hash(MACHINERY, sys.version, versions, platform.libc_ver(), context.codegen().magic_tuple(), settings)


def _hash(*facts: Any) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


class _Kept:
    """The kept machine code of one entry, a file for each set of argument types, in place of numba's own cache.

    That trusts its files and sees changes in the function's own source file only.  Numba calls load_overload before it
    compiles and save_overload after, both under its lock, so that threads compile and announce once.
    """

    def __init__(self, dispatcher: Any) -> None:
        self.cache_path = None  # numba's stats show it
        self._fast = dispatcher
        self._place: dict[Any, tuple[str, str]] = {}

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        with suppress(Exception):  # whatever it is, compiling anew is right
            if (result := self._load(sig, target_context)) is not None:
                return result
        _say(NOTICE)
        return None

    def _load(self, sig: Any, context: Any) -> Any:
        context.refresh()  # as numba does before it loads
        arguments = tuple(getattr(sig, "args", sig))
        place = _installation(context), f"{self._fast.__name__}-{_hash(_facts(self._fast, set()), arguments)}"
        self._place[sig] = place  # for saving: half a minute from now the source may be another
        for path in _paths(*place, {_USER, 0}):
            if payload := _read(path):
                with suppress(OSError):
                    os.utime(path.parent)  # in use
                result = _numba().core.compiler.CompileResult._rebuild(context, *pickle.loads(payload))
                return result if tuple(result.signature.args) == arguments else None
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):  # not kept: the next process compiles again
            payload = _numba().core.serialize.dumps(data._reduce())
            # Not addresses of this process, nor names that are resolved in it only (a recursion may leave such a one).
            if not (data.lifted or data.library.has_dynamic_globals or b".numba.unresolved$" in payload):
                for path in _paths(*self._place[sig], {_USER}):
                    if _write(path, payload):
                        return _remove_old(path.parent.parent)
        return _say(LOST)


def _say(line: str) -> None:
    """Say a line on standard error, once a process and if there is one."""
    if line not in _SAID:
        _SAID.add(line)
        with suppress(AttributeError, OSError, ValueError):  # none, or a closed one
            sys.stderr.write(line)


def _paths(installation: str, name: str, owners: set[int]) -> Iterator[Path]:
    """Where a file may be kept, best first; each user writes folders of their own and reads the administrator's."""
    chosen = os.environ.get("BSCSIM_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(chosen)] if chosen else [Path(__file__).with_name("__pycache__")]
    with suppress(RuntimeError):  # no home
        places += [] if chosen else [Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "bscsim")]
    for place in places:
        yield from (place / f"bscsim-{installation}-{owner}" / name for owner in sorted(owners, reverse=True))


def _trusted(folder: Path) -> bool:
    """Whether a folder is this user's own, or the administrator's and closed to others: loading a file runs it."""
    facts = folder.lstat()
    return stat.S_ISDIR(facts.st_mode) and (facts.st_uid == _USER or (facts.st_uid == 0 and not facts.st_mode & 0o022))


def _sealed(path: Path, payload: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + payload).digest() + payload


def _read(path: Path) -> bytes | None:
    """What was written to a file; None when it is missing, damaged or not ours."""
    with suppress(OSError):
        found = path.read_bytes() if _trusted(path.parent) else b""
        return found[32:] if found == _sealed(path, found[32:]) else None
    return None


def _write(path: Path, payload: bytes) -> bool:
    """Write a file whole or not at all, however many processes do so at once; False when the disk refuses."""
    part = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    with suppress(OSError):
        path.parent.mkdir(0o755, parents=True, exist_ok=True)
        try:
            if _trusted(path.parent):
                part.touch(0o644, exist_ok=False)
                part.write_bytes(_sealed(path, payload))
                part.replace(path)
                return True
        finally:
            part.unlink(missing_ok=True)
    return False


def _remove_old(place: Path) -> None:
    """Remove this user's folders that were not used for a week, but for the newest."""
    # No process needs one: it reads its code when it starts, which renews the folder's date, and keeps it in memory.
    with suppress(OSError):
        folders = [path for path in place.iterdir() if re.fullmatch(rf"bscsim-[0-9a-f]{{24}}-{_USER}", path.name)]
        dated = sorted(((path.lstat().st_mtime, path) for path in folders), reverse=True)
        for _, path in (one for one in dated[KEPT:] if one[0] < time.time() - UNUSED):
            shutil.rmtree(path, ignore_errors=True)
