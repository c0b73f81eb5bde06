"""The compiler takes functions as they stand, and what it keeps on disk is never stale, damaged or in the way.

Kept code is loaded by new processes only, so most tests start some; each compiles a function of a few lines.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import bscsim
from bscsim.engine import arriving, compiling
from bscsim.engine.compiling import LOST, NOTICE, compiled, entry
from bscsim.rules import draws, operators, turnover
from bscsim.rules.operators import pull
from bscsim.scenario.faults import BscsimError

PACKAGE = Path(bscsim.__file__).parent
TINY = '''
from bscsim.rules.operators import pull, saturating

def total(x, n):
    for _ in range(n):
        x = pull(x, 2.0 * (1.0 - x), 2.0, 1 / 12)
    return x

def another(x, drift, rate, dt):
    return saturating(x)

def other(x):
    return total(x, 3)
'''
CALL = """
import sys
from bscsim.engine import tiny
from bscsim.engine.compiling import compiled, entry
fast = entry(tiny.total)
print(fast(0.3, 5).hex(), tiny.total(0.3, 5).hex(), sum(fast.stats.cache_hits.values()))
"""
RICH = """
import math
from typing import NamedTuple

import numpy
import numpy as np
from numpy import float64

KIND = np.dtype([("x", "f8"), ("n", "i8")])
TABLE = np.arange(4.0)

class State(NamedTuple):
    rows: object
    level: object

def less(s, i, j):
    return s.rows[i]["x"] < s.rows[j]["x"]

def first(s):
    best = 0
    for i in range(1, len(s.rows)):
        if less(s, i, best):
            best = i
    return best

def choose(before, s):
    best = 0
    for i in range(1, len(s.rows)):
        if before(s, i, best):
            best = i
    return s.level[0] if best == 0 else choose(before, State(s.rows[:best], s.level))

def hands_on(s):
    return choose(less, s)

def even(n):
    return True if n == 0 else odd(n - 1)

def odd(n):
    return False if n == 0 else even(n - 1)

def recurs(s):
    return 1.0 if even(len(s.rows)) else s.level[0]

def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)

def kernel(s, weight=0.5):
    low, high = first(s), len(s.rows) - 1 - first(State(s.rows[::-1], s.level))
    s.level[low] = float64(math.exp(weight)) + TABLE[2]
    total = s.rows[low]["x"] + 10 * s.rows[high]["n"] + numpy.sqrt(factorial(len(s.rows) + 2))
    if low != high:
        raise ValueError("all alike")
    return total

def rows(step):
    s = State(np.zeros(3, KIND), np.zeros(3))
    s.rows["x"] = 2.0, 2.0 + step, 2.0 - step
    s.rows["n"] = 1, 2, 3
    return s
"""
CALL_RICH = """
from bscsim.engine import rich
from bscsim.engine.compiling import entry
fast, s, t = entry(rich.kernel), rich.rows(1.0), rich.rows(1.0)
one, two = fast(s), rich.kernel(t)
assert s.level.tolist() == t.level.tolist()
try:
    fast(rich.rows(0.0))
except ValueError as error:
    assert error.args == ("all alike",)
else:
    raise AssertionError
print(one.hex(), two.hex(), sum(fast.stats.cache_hits.values()))
"""


class Ran(NamedTuple):
    """What a process gave: the compiled and the plain result, how often it loaded code; how often it said what."""

    fast: str
    plain: str
    loaded: int
    announced: int
    lost: int


def start(folder: Path, code: str = CALL, **environment: str) -> subprocess.Popen[str]:
    """A process with a copy of the package in a folder, which nobody but the test edits, and a module more in it."""
    if not (folder / "bscsim").exists():
        shutil.copytree(PACKAGE, folder / "bscsim", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "bscsim" / "engine" / "tiny.py").write_text(TINY)
        (folder / "bscsim" / "engine" / "rich.py").write_text(RICH)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "BSCSIM_", "XDG_"))}
    own = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "BSCSIM_CACHE_DIR": str(folder / "kept")}
    return subprocess.Popen([sys.executable, "-c", code], env={**clean, **own, **environment}, cwd=folder, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def end(process: subprocess.Popen[str]) -> Ran:
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert err in ("", NOTICE, NOTICE + LOST), err
    fast, plain, loaded = out.split()
    return Ran(fast, plain, int(loaded), err.count(NOTICE), err.count(LOST))


def run(folder: Path, code: str = CALL, **environment: str) -> Ran:
    """Run a process to its end; its results must be those of plain Python, to the bit."""
    ran = end(start(folder, code, **environment))
    assert ran.fast == ran.plain
    return ran


def kept(folder: Path) -> list[Path]:
    """Every file a cache holds."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def warmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose cache one process has filled."""
    folder = tmp_path_factory.mktemp("warmed")
    ran = run(folder)
    assert (ran.loaded, ran.announced) == (0, 1)
    return folder


@pytest.fixture
def warm(warmed: Path, tmp_path: Path) -> Path:
    """A copy of it, to spoil."""
    return Path(shutil.copytree(warmed, tmp_path / "warm"))


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> Any:
    return compiled(pull).targetctx


# ---- compiled: the function as it stands ---------------------------------------------------------------------------


def steps(x: float, n: int, rate: float = 2.0) -> float:
    for _ in range(n):
        x = pull(x, rate * (1.0 - x), rate, 1 / 12)
    return x


def named(x: float, rate: float = 2.0, *, dt: float = 0.5) -> float:
    """Take an argument by name only (as numba compiles none)."""
    return pull(x, rate * (1.0 - x), rate, dt)


def outer(x: float) -> float:
    def shifted(shift: float) -> float:
        return pull(x + shift, 1.0, 2.0, 0.5)

    return shifted(0.1) + shifted(0.2)


def quotient(x: float, y: float) -> float:
    return x / y


def closing(over: Callable[..., float], shift: float) -> Callable[[float], float]:
    def inner(x: float) -> float:
        return over(x, 1.0, 2.0, 0.5) + shift

    return inner


@pytest.mark.parametrize(("function", "arguments"), [
    (operators.pull, (0.3, 1.4, 2.0, 1 / 12)),
    (operators.power, (0.3, 0.7)),
    (operators.logistic, (-1.25,)),
    (operators.normal, (0.123,)),
    (operators.exponential, (0.7,)),
    (turnover.exit_hazard, (0.3, 1.1, 1.0, 0.8, 0.4, 0.6)),
    (steps, (0.3, 7)),
    (steps, (0.3, 7, 1.5)),
    (outer, (0.3,)),
    (closing(pull, 0.25), (0.3,)),
], ids=lambda value: getattr(value, "__name__", ""))  # fmt: skip
def test_compiled_gives_the_bits_of_plain_python(function: Callable[..., float], arguments: tuple[Any, ...]) -> None:
    assert float(compiled(function)(*arguments)).hex() == float(function(*arguments)).hex()


def test_compiled_takes_the_code_and_no_copy() -> None:
    fast = compiled(steps)
    assert fast.py_func.__code__ is steps.__code__
    assert fast.py_func.__globals__["pull"].py_func.__code__ is pull.__code__
    assert steps.__globals__["pull"] is pull  # the plain function goes on calling the plain rule


def test_compiled_keeps_what_belongs_to_the_function() -> None:
    own = compiled(named).py_func
    for name in ("name", "qualname", "module", "doc", "defaults", "kwdefaults", "annotations"):
        assert getattr(own, f"__{name}__") == getattr(named, f"__{name}__") is not None


def test_compiled_is_remembered() -> None:
    assert compiled(steps) is compiled(steps)
    assert entry(quotient) is entry(quotient) is compiled(quotient)


def test_options_are_those_of_the_promise() -> None:
    options = compiled(quotient).targetoptions
    assert options["nogil"] is True
    assert not options.get("fastmath")
    assert not options.get("parallel")
    assert not options.get("boundscheck")
    assert compiled(quotient)(1.0, 0.0) == np.inf  # numpy's way: no branch for an error in the middle of a loop


def test_importing_the_compiler_imports_no_numba(tmp_path: Path) -> None:
    code = "import sys, bscsim.engine.compiling; print('numba' in sys.modules, '-', 0)"
    assert end(start(tmp_path, code)).fast == "False"


def test_vector_library_is_off_whatever_the_environment_says(tmp_path: Path) -> None:
    code = "from bscsim.engine import compiling, tiny\ncompiling.compiled(tiny.total)\nimport numba\n" \
           "print(numba.config.DISABLE_INTEL_SVML, numba.config.USING_SVML, 0)"
    ran = end(start(tmp_path, code, NUMBA_DISABLE_INTEL_SVML="0"))
    assert (ran.fast, ran.plain) == ("1", "False")


def test_vector_library_that_is_already_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.config.USING_SVML", True)
    with pytest.raises(BscsimError, match="NUMBA_DISABLE_INTEL_SVML=1"):
        compiled(steps)


# ---- entry: kept between processes ---------------------------------------------------------------------------------


def test_the_second_process_loads_and_says_nothing(warm: Path) -> None:
    before = [path.read_bytes() for path in kept(warm / "kept")]
    ran = run(warm)
    assert (ran.loaded, ran.announced) == (1, 0)
    assert [path.read_bytes() for path in kept(warm / "kept")] == before


def test_a_kernel_like_the_engine_is_kept(tmp_path: Path) -> None:
    """Records in a named tuple, recursion, defaults, constant arrays, exceptions."""
    first, second = run(tmp_path, CALL_RICH), run(tmp_path, CALL_RICH)
    assert (first.loaded, first.announced, second.loaded, second.announced) == (0, 1, 1, 0)


CALL_OTHER = CALL_RICH[: CALL_RICH.index("assert s")] + """
print(float(one).hex(), float(two).hex(), sum(fast.stats.cache_hits.values()))
"""


def test_a_function_handed_on_to_one_that_calls_itself_is_kept(tmp_path: Path) -> None:
    call = CALL_OTHER.replace("rich.kernel", "rich.hands_on")
    first, second = run(tmp_path, call), run(tmp_path, call)
    assert (first.announced, first.lost, second.loaded, second.announced) == (1, 0, 1, 0)


def test_functions_that_call_each_other_run_and_are_not_kept_and_that_is_said(tmp_path: Path) -> None:
    """A known limitation, of numba: loading such code in another process ends that process."""
    for _ in range(2):
        ran = run(tmp_path, CALL_OTHER.replace("rich.kernel", "rich.recurs"))
        assert (ran.announced, ran.lost) == (1, 1)
    assert kept(tmp_path / "kept") == []


# ---- stale ---------------------------------------------------------------------------------------------------------


def change_pull(package: Path) -> None:
    """Change a rule that the entry calls, in another file than its own."""
    file = package / "rules" / "operators.py"
    text = file.read_text(encoding="utf-8")
    assert "moved = x + drift * dt * phi" in text
    file.write_text(text.replace("x + drift * dt * phi", "x + drift * dt * phi * 0.5"), encoding="utf-8")


@pytest.mark.slow
def test_a_changed_rule_is_compiled_anew(tmp_path: Path) -> None:
    before = run(tmp_path)
    change_pull(tmp_path / "bscsim")
    after = run(tmp_path)
    assert after.fast != before.fast
    assert (after.loaded, after.announced) == (0, 1)
    assert run(tmp_path).loaded == 1


def test_code_read_before_an_edit_is_not_kept_as_the_edited(tmp_path: Path) -> None:
    waiting = CALL.replace("fast = entry", "print('ready', flush=True); sys.stdin.readline()\nfast = entry")
    process = start(tmp_path, waiting)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    change_pull(tmp_path / "bscsim")
    old = end(process)
    assert old.fast == old.plain
    assert run(tmp_path).fast != old.fast


def test_a_constant_changed_in_memory_is_not_served_from_disk(warm: Path) -> None:
    changed = "tiny.pull = tiny.another\n"
    assert run(warm, CALL.replace("fast = entry", changed + "fast = entry")).loaded == 0


@pytest.mark.parametrize(("name", "value"), [
    ("numba.__version__", "0.0"),
    ("llvmlite.__version__", "0.0"),
    ("numpy.__version__", "0.0"),
    ("sys.version", "2.7"),
    ("platform.libc_ver", lambda: ("glibc", "1.0")),
    ("numba.config.OPT", 0),
    ("numba.config.BOUNDSCHECK", 1),
    ("numba.config.ENABLE_AVX", 7),
    ("numba.config.LLVM_REFPRUNE_FLAGS", "per_bb"),
    ("numba.config.A_SETTING_TO_COME", 1),
])  # fmt: skip
def test_what_code_depends_on_names_the_folder(
    name: str, value: object, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = compiling._installation(context)
    assert compiling._installation(context) == before
    monkeypatch.setattr(name, value, raising=False)
    assert compiling._installation(context) != before


@pytest.mark.parametrize("part", range(3), ids=["triple", "processor", "features"])
def test_the_processor_names_the_folder(part: int, context: Any) -> None:
    magic = list(context.codegen().magic_tuple())
    magic[part] = "another"
    codegen = types.SimpleNamespace(magic_tuple=lambda: tuple(magic))
    other = types.SimpleNamespace(codegen=lambda: codegen)
    assert compiling._installation(other) != compiling._installation(context)


@pytest.mark.parametrize("name", ["CACHE_DIR", "NUMBA_NUM_THREADS", "THREADING_LAYER"])
def test_settings_that_change_no_code_do_not(name: str, context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compiling._installation(context)
    monkeypatch.setattr(f"numba.config.{name}", "another")
    assert compiling._installation(context) == before


BASE = "TABLE = np.arange(5000.0)\nC = 1.5\ndef g(x): return x * C\ndef f(x, y=0.5): return g(x) + TABLE[2] + y\n"


def facts_of(source: str) -> Any:
    names: dict[str, Any] = {"np": np, "__name__": "bscsim.fake"}
    exec(source, names)
    return repr(compiling._facts(compiled(names["f"]), set()))


@pytest.mark.parametrize(("old", "new"), [
    ("C = 1.5", "C = 1.25"), ("x * C", "x / C"), ("y=0.5", "y=0.25"), ("TABLE[2]", "TABLE[3]"),
    ("5000.0)", "5000.0)\nTABLE[2500] = 0.0"),
])  # fmt: skip
def test_code_and_constants_name_the_file(old: str, new: str) -> None:
    assert old in BASE
    assert facts_of(BASE) == facts_of(BASE)
    assert facts_of(BASE.replace(old, new)) != facts_of(BASE)


def test_how_it_is_compiled_names_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = facts_of(BASE)
    assert facts_of(BASE + "g.inlined = True\n") != before  # as the engine's mark does
    monkeypatch.setitem(compiling.OPTIONS, "error_model", "python")
    assert facts_of(BASE) != before


def test_a_vectorized_loop_takes_in_all_that_it_calls() -> None:
    """And a function that others call too is left to them as it was."""

    def chain(dispatcher: object, *names: str) -> list[bool]:
        found = []
        for name in names:
            dispatcher = dispatcher.py_func.__globals__[name]
            found.append(dispatcher.targetoptions["forceinline"])
        return found

    assert chain(compiled(arriving.draw_job), "draw_streams", "uniform2", "words", "philox") == [True] * 4
    assert chain(compiled(draws.uniform2), "words", "philox") == [False] * 2
    assert chain(compiled(arriving.begin_career), "score", "normal_tail") == [True, False]


@pytest.mark.parametrize("value", [operators, BscsimError], ids=["module", "class"])
def test_what_a_name_alone_does_not_tell_is_not_kept(value: object) -> None:
    """A constant of a module, a member of a class: they may change where the file's name does not look."""
    with pytest.raises(TypeError, match="nothing that uses it is kept"):
        compiling._facts(value, set())
    assert compiling._facts(np, set())
    assert compiling._facts(Ran, set())


def test_closed_over_values_name_the_file() -> None:
    one, same, two = (compiling._facts(compiled(closing(pull, x)), set()) for x in (0.5, 0.5, 0.25))
    assert one == same != two


def test_code_is_saved_under_what_was_there_before_it_was_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit while it compiles, for half a minute, makes no old code new."""
    seen = iter(["before", "after", "after"])
    monkeypatch.setattr(compiling, "_installation", lambda context: next(seen))
    entry(closing(pull, 0.375))(0.3)
    assert [path.parent.name for path in kept(tmp_path / "own")] == [f"bscsim-before-{compiling._USER}"]


def test_the_file_has_the_same_name_in_every_process(warm: Path) -> None:
    """No address, no hash of a string, no order of a set in it."""
    for seed in ("1", "2"):
        assert run(warm, PYTHONHASHSEED=seed).loaded == 1


def test_only_old_folders_are_removed_and_the_newest_stay(tmp_path: Path) -> None:
    user = compiling._USER
    names = [f"bscsim-{number:024x}-{user}" for number in range(7)]
    foreign = ["bscsim-results", f"bscsim-{1:024x}-{user + 1}", "numba_cache"]
    now, week = time.time(), compiling.UNUSED
    ages = [week * 7, week * 6, week * 5, week / 2, 3.0, 2.0, 1.0]
    for name, age in itertools.chain(zip(names, ages, strict=True), ((name, week * 9) for name in foreign)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "code").write_bytes(b"x")
        os.utime(tmp_path / name, (now - age, now - age))
    compiling._remove_old(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[3:], *foreign])
    os.utime(tmp_path / names[6], (now - week * 8, now - week * 8))
    compiling._remove_old(tmp_path)
    assert (tmp_path / names[6]).is_dir()  # among the newest four, however old
    compiling._remove_old(tmp_path / "absent")


def test_reading_renews_the_date_and_writing_clears_up(warm: Path) -> None:
    (place,) = (warm / "kept").iterdir()
    os.utime(place, (0, 0))
    run(warm)
    assert place.stat().st_mtime > time.time() - 600
    for number in range(compiling.KEPT):
        (warm / "kept" / f"bscsim-{number:024x}-{compiling._USER}").mkdir()
    os.utime(place, (0, 0))
    run(warm, NUMBA_OPT="1")
    assert not place.exists()


# ---- unwritable ----------------------------------------------------------------------------------------------------


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("in the way")
    ran = run(tmp_path)
    assert (ran.loaded, ran.announced, ran.lost) == (0, 1, 1)
    assert kept(tmp_path / "kept") == []


@pytest.mark.slow
def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="file size limits are a thing of Unix")
    assert resource
    code = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" \
           "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n" + CALL
    assert run(tmp_path, code).announced == 1
    assert kept(tmp_path / "kept") == []
    assert run(tmp_path).announced == 1
    assert run(tmp_path).loaded == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("method", ["mkdir", "touch", "write_bytes", "replace", "unlink"])
def test_no_refusal_of_the_disk_ends_a_run(
    number: int, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(compiling, "_paths", lambda *names: iter([tmp_path / "place" / "file"]))
    monkeypatch.setattr(Path, method, refuse)
    fast = entry(closing(pull, 0.125))
    assert fast(0.3) == pull(0.3, 1.0, 2.0, 0.5) + 0.125


def test_an_unreadable_file_is_compiled_anew(warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = kept(warm / "kept")
    assert compiling._read(file) is not None
    for method in ("read_bytes", "lstat"):
        with monkeypatch.context() as patch:
            patch.setattr(Path, method, lambda path: (_ for _ in ()).throw(PermissionError(13, "denied")))
            assert compiling._read(file) is None


def places(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[Path]:
    for name in ("BSCSIM_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return [path.parents[1] for path in compiling._paths("digest", "file", {7})]


def test_places_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, beside = tmp_path / "one", tmp_path / "two", PACKAGE / "engine" / "__pycache__"
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert places(monkeypatch, BSCSIM_CACHE_DIR=str(one), NUMBA_CACHE_DIR=str(two)) == [one]
    assert places(monkeypatch, BSCSIM_CACHE_DIR="", NUMBA_CACHE_DIR=str(two)) == [two]
    assert places(monkeypatch, XDG_CACHE_HOME=str(one)) == [beside, one / "bscsim"]
    assert places(monkeypatch) == [beside, tmp_path / ".cache" / "bscsim"]

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert places(monkeypatch) == [beside]


@pytest.mark.slow
def test_beside_the_package_or_else_at_home(tmp_path: Path) -> None:
    beside, home = tmp_path / "bscsim" / "engine" / "__pycache__", tmp_path / "home"
    environment = {"BSCSIM_CACHE_DIR": "", "XDG_CACHE_HOME": str(home)}
    assert run(tmp_path, **environment).announced == 1
    assert len(kept(beside)) == 1
    assert not home.exists()
    shutil.rmtree(beside)
    beside.write_text("in the way")
    assert run(tmp_path, **environment).announced == 1
    assert run(tmp_path, **environment).loaded == 1
    assert len(kept(home)) == 1
    shutil.rmtree(home)
    home.write_text("in the way, too")
    assert run(tmp_path, **environment).announced == 1


# ---- damaged -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [
    lambda data: b"",
    lambda data: data[: len(data) // 2],
    lambda data: data[:-1],
    lambda data: os.urandom(len(data)),
    lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 16]) + data[len(data) // 2 + 1 :],
    lambda data: data[32:],
], ids=["empty", "half", "last", "garbage", "bit", "unsealed"])  # fmt: skip
def test_a_damaged_file_is_compiled_anew_and_mended(damage: Callable[[bytes], bytes], warm: Path) -> None:
    (file,) = kept(warm / "kept")
    file.write_bytes(damage(file.read_bytes()))
    ran = run(warm)
    assert (ran.loaded, ran.announced) == (0, 1)
    assert kept(warm / "kept") == [file]
    assert compiling._read(file) is not None


def test_every_bit_is_under_the_seal(tmp_path: Path) -> None:
    file = tmp_path / "place" / "file"
    assert compiling._write(file, b"code")
    assert compiling._read(file) == b"code"
    data = file.read_bytes()
    for place, bit in itertools.product(range(len(data)), range(8)):
        file.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
        assert compiling._read(file) is None
    file.write_bytes(data)
    assert compiling._read(file.rename(file.with_name("another"))) is None  # the code of another function


def test_a_whole_file_with_nonsense_in_it_is_compiled_anew(warm: Path) -> None:
    (file,) = kept(warm / "kept")
    for payload in (b"no pickle", b"N.", b"(I1\nI2\nt."):
        file.write_bytes(compiling._sealed(file, payload))
        assert run(warm).loaded == 0


OTHERS = 4242


@pytest.mark.parametrize(("mode", "owner", "trusted"), [
    (0o040755, 1000, True), (0o040777, 1000, True), (0o040755, 0, True),
    (0o040757, 0, False), (0o040775, 0, False), (0o040755, OTHERS, False), (0o040777, OTHERS, False),
    (0o120777, 1000, False), (0o100644, 1000, False),
])  # fmt: skip
def test_only_folders_of_this_user_and_the_administrator_are_trusted(
    mode: int, owner: int, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "_USER", 1000)
    folder: Any = types.SimpleNamespace(lstat=lambda: types.SimpleNamespace(st_mode=mode, st_uid=owner))
    assert compiling._trusted(folder) is trusted


def test_a_folder_of_somebody_else_is_neither_read_nor_written(warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = kept(warm / "kept")
    monkeypatch.setattr(compiling, "_trusted", lambda folder: False)
    assert compiling._read(file) is None
    assert not compiling._write(file.with_name("new"), b"code")
    assert kept(warm / "kept") == [file]


def test_what_is_written_is_for_this_user_to_change_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert compiling._write(tmp_path / "place" / "file", b"code")
    finally:
        os.umask(before)
    if os.name == "posix":
        assert (tmp_path / "place").stat().st_mode & 0o777 == 0o755
        assert (tmp_path / "place" / "file").stat().st_mode & 0o777 == 0o644


# ---- raced ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_four_processes_that_start_together(tmp_path: Path) -> None:
    waiting = CALL.replace("print(", "print('ready', flush=True); sys.stdin.readline()\nprint(")
    processes = [start(tmp_path, waiting) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ran = [end(process) for process in processes]
    assert {one.fast for one in ran} == {ran[0].plain}
    assert all(one.loaded + one.announced == 1 for one in ran)
    assert len(kept(tmp_path / "kept")) == 1
    assert run(tmp_path).loaded == 1


@pytest.mark.slow
def test_two_processors_share_a_disk_and_no_file(tmp_path: Path) -> None:
    ran = [run(tmp_path, NUMBA_CPU_NAME=name) for name in ("generic", "", "generic", "")]
    assert [one.loaded for one in ran] == [0, 0, 1, 1]
    assert len({path.parent for path in kept(tmp_path / "kept")}) == 2


def test_a_reader_sees_the_whole_file_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "place" / "file"
    compiling._write(file, b"old")
    real = Path.write_bytes

    def looked_at(path: Path, data: bytes) -> int:
        written = real(path, data[: len(data) // 2])
        assert compiling._read(file) == b"old"
        return written + real(path, data)

    monkeypatch.setattr(Path, "write_bytes", looked_at)
    assert compiling._write(file, b"new")
    assert compiling._read(file) == b"new"


def test_two_writers_at_once_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "place" / "file"
    real = Path.write_bytes

    def between(path: Path, data: bytes) -> int:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", real)
            assert compiling._write(file, b"the other's")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", between)
    assert compiling._write(file, b"mine")
    assert compiling._read(file) == b"mine"
    assert kept(tmp_path) == [file]


# ---- announced -----------------------------------------------------------------------------------------------------


def test_announced_once_a_process_and_only_for_entries(tmp_path: Path) -> None:
    quiet = CALL.replace("fast = entry", "fast = compiled")
    assert run(tmp_path, quiet).announced == 0
    assert kept(tmp_path / "kept") == []
    assert run(tmp_path, CALL + "assert entry(tiny.other)(0.3) == tiny.other(0.3)\n").announced == 1
    assert {path.name.split("-")[0] for path in kept(tmp_path / "kept")} == {"total", "other"}


def test_announced_before_the_wait(tmp_path: Path) -> None:
    stop = "import numba.core.compiler as c\ndef stop(*a, **k): raise SystemExit(0)\nc.compile_extra = stop\n"
    code = CALL.replace("print", stop + "print('-', '-', 0)\nprint")
    assert end(start(tmp_path, code)).announced == 1


def test_threads_that_start_together(tmp_path: Path) -> None:
    code = (
        "import threading\nfrom bscsim.engine import tiny\nfrom bscsim.engine.compiling import entry\n"
        "from concurrent import futures\n"
        "together = threading.Barrier(4)\n"
        "def work(_):\n    together.wait()\n    return entry(tiny.total)(0.3, 5)\n"
        "with futures.ThreadPoolExecutor(4) as pool:\n    values = set(pool.map(work, range(4)))\n"
        "fast = entry(tiny.total)\nassert len(values) == 1 and len(fast.overloads) == 1, values\n"
        "print(values.pop().hex(), tiny.total(0.3, 5).hex(), sum(fast.stats.cache_hits.values()))"
    )
    assert run(tmp_path, code)[2:] == (0, 1, 0)
    assert len(kept(tmp_path / "kept")) == 1
    assert run(tmp_path, code)[2:] == (1, 0, 0)


@pytest.mark.parametrize("broken", ["None", "open(os.devnull)", "full"])
def test_no_standard_error_is_no_fault(broken: str, tmp_path: Path) -> None:
    if broken == "full":
        broken = "open('/dev/full', 'w', 1)"
        if not Path("/dev/full").exists():
            pytest.skip("/dev/full is missing")
    code = CALL.replace("fast = entry", f"import os\nsys.stderr = {broken}\nfast = entry")
    assert run(tmp_path, code + "sys.stdout.flush(); os._exit(0)\n").announced == 0


# ---- another numba -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gone", [
    "core.compiler.CompileResult._reduce", "core.compiler.CompileResult._rebuild",
    "core.codegen.CPUCodegen.magic_tuple", "core.codegen.CodeLibrary.has_dynamic_globals", "__version__",
])  # fmt: skip
def test_internals_that_are_gone_cost_the_cache_only(gone: str, warm: Path) -> None:
    code = CALL.replace("fast = entry", f"import numba, numba.core.codegen; del numba.{gone}\nfast = entry")
    assert run(warm, code, NUMBA_OPT="1" if "_reduce" in gone or "dynamic" in gone else "3").loaded == 0


def test_a_dispatcher_without_a_cache_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = closing(pull, 0.75)
    monkeypatch.setattr(compiling, "compiled", lambda function: function)  # as with NUMBA_DISABLE_JIT
    assert entry(plain) is plain


def test_disabled_compiler_gives_plain_python(tmp_path: Path) -> None:
    code = CALL.replace("sum(fast.stats.cache_hits.values())", "0")
    assert run(tmp_path, code, NUMBA_DISABLE_JIT="1").announced == 0


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process itself compiles as an entry is kept in a folder of the test."""
    monkeypatch.setenv("BSCSIM_CACHE_DIR", str(tmp_path / "own"))


def test_an_interrupt_while_functions_are_wrapped_leaves_nothing_half_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of two hundred functions: the next attempt starts again and succeeds."""
    before = dict(compiling._DONE)
    for key in [key for key in before if key[0] in (pull, steps)]:
        monkeypatch.delitem(compiling._DONE, key)
    held = dict(compiling._DONE)

    def interrupt(value: Any, inlined: bool) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(compiling, "_stand_in", interrupt)
        with pytest.raises(KeyboardInterrupt):
            compiled(steps)
    assert held == compiling._DONE
    assert compiled(steps) is compiled(steps)
