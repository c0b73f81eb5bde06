"""The house: who may import whom, what is public, how long a file may be, what must not be in the repository."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import bscsim

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "bscsim"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Room (a folder or a module of the package) -> the rooms it may import. A room not named here is a fault of this test:
# say where it stands. Every room may import itself, and the version from the package itself.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "rules": (),
    "scenario": ("rules",),
    "record": ("scenario", "rules"),
    "agents": ("scenario", "rules", "record"),
    "engine": ("scenario", "rules", "record"),
    "simulate": ("scenario", "rules", "record", "agents", "engine"),
    "trial": ("simulate", "record", "scenario", "rules"),
    "power": ("trial", "sweeps", "record", "scenario", "rules"),
    "sweeps": ("simulate", "engine", "record", "scenario", "rules"),
    "studies": ("sweeps", "trial", "scenario"),
    "results": ("sweeps", "record", "scenario", "rules"),
    "report": ("results", "record", "scenario", "rules"),
    "run_folder": (
        "console", "studies", "power", "trial", "sweeps", "simulate", "report", "results", "record", "scenario",
        "rules",
    ),
    "bench": ("simulate", "agents", "engine", "record", "scenario", "rules"),
    "console": ("scenario",),
    "cli": ("console", "run_folder", "studies", "bench", "simulate", "report", "results", "record", "scenario"),
}

HEAVY = (
    "mesa", "numba", "matplotlib", "pandas", "scipy", "duckdb", "pyarrow", "numpy", "pydantic", "SALib", "distributed",
)


def room_of(module: str) -> str:
    """The room of a dotted module name; the package itself is the room ''."""
    return module.removeprefix("bscsim").strip(".").split(".")[0]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of everything of the package that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] == "bscsim")
        elif isinstance(node, ast.ImportFrom):
            base = [node.module] if node.module else []
            if node.level:
                package = name_of(path).split(".")
                package = package if path.name == "__init__.py" else package[:-1]
                base = [*package[: len(package) - node.level + 1], *base]
            origin = ".".join(base)
            if origin == "bscsim":  # from bscsim import console: a room, or a public name and so the room it lives in
                homes = bscsim._HOME
                yield from ((node.lineno, homes.get(alias.name, f"bscsim.{alias.name}")) for alias in node.names)
            elif origin.startswith("bscsim."):
                yield node.lineno, origin


def wrong_imports(path: Path) -> list[str]:
    room = room_of(name_of(path))
    assert room in MAY_IMPORT, f"{room} is new: say in MAY_IMPORT what it may import"
    allowed = (room, "__version__", *MAY_IMPORT[room])
    return [
        f"{path.name}:{line}: {room} may not import {target}"
        for line, target in imports_of(path)
        if room_of(target) not in allowed
    ]


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent != PACKAGE or path.name != "__init__.py"],
                         ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    assert wrong_imports(path) == []


def test_the_import_test_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every form of a forbidden import is seen."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    agents = tmp_path / "bscsim" / "agents"
    agents.mkdir(parents=True)
    bad = agents / "center.py"
    bad.write_text(
        "import bscsim.engine.run\nfrom bscsim.engine import run\nfrom ..engine import run\nfrom bscsim import engine\n"
        "from bscsim import run\ndef f():\n    from ..report.page import page\n"
        "from .staff import Staff\nfrom ..rules import pdsa\nfrom bscsim import Scenario, __version__\nimport numpy\n"
    )
    assert [fault.split(":")[1] for fault in wrong_imports(bad)] == ["1", "2", "3", "4", "5", "7"]


def test_public_names_are_the_contract() -> None:
    assert sorted(bscsim.__all__) == [
        "CollaborativeModel", "InputError", "Scenario", "Study", "Trajectories", "__version__",
        "formulas", "load", "results", "run", "simulate",
    ]
    assert sorted(bscsim._HOME) == sorted(set(bscsim.__all__) - {"__version__"})
    assert dir(bscsim) == sorted(bscsim.__all__)


@pytest.mark.parametrize("name", sorted(bscsim._HOME))
def test_public_names_are_there_and_documented(name: str) -> None:
    value = getattr(bscsim, name)
    # formulas is a module of functions
    functions = [getattr(value, inner) for inner in value.__all__] if name == "formulas" else [value]
    assert all(map(callable, functions)), f"bscsim.{name} must be a class or a function, not {value!r}"
    assert value.__doc__
    assert value is getattr(bscsim, name)


@pytest.mark.parametrize("first", ["bscsim.simulate", "bscsim.results", "bscsim.run_folder"])
def test_a_module_does_not_hide_the_function_of_its_name(first: str) -> None:
    code = f"import bscsim, {first}; assert all(map(callable, (bscsim.simulate, bscsim.results, bscsim.run)))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = bscsim.simulat


def test_import_and_help_load_nothing_heavy() -> None:
    code = (
        "import sys, bscsim\n"
        "from bscsim import cli\n"
        "sys.argv = ['bscsim', '--help']\n"
        "assert cli.main() == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(ast.literal_eval(done.stderr.strip()))
    assert not loaded - {"pydantic"}  # typer may use pydantic one day; the rest is ours to keep out


def test_the_stated_version_is_one() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {bscsim.__version__}\n" in citation
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["hatch"]["version"]["path"] == "bscsim/__init__.py"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_file_is_longer_than_a_concept(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_every_folder_of_the_package_is_a_package() -> None:
    folders = {path.parent for path in MODULES}
    assert sorted(folder.name for folder in folders if not (folder / "__init__.py").is_file()) == []
    assert (PACKAGE / "py.typed").is_file()


def test_every_module_imports() -> None:
    for path in MODULES:
        importlib.import_module(name_of(path))


# ---- what must not be in the repository ---------------------------------------------------------------------------

SKIPPED_FOLDERS = (".git", ".venv", "venv", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")

# Written so that this file does not hold what it looks for.
FORBIDDEN = {
    "a machine path": re.compile("(?:^|[^A-Za-z0-9_.$}])/" + r"(?:work|home|Users|root|opt|mnt|srv)/[A-Za-z0-9_.-]"),
    "a drive letter": re.compile(r"\b[C-Z]:" + r"\\[A-Za-z]"),
    "a package registry": re.compile("pypi" + r"\.org|python" + "hosted|index-" + "url|find-" + "links"),
}


def tracked_files() -> list[Path]:
    """The files of the repository, those not yet committed too; where git cannot tell, all but caches."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ) if (ROOT / ".git").exists() else None
    if listed is not None and listed.returncode == 0:
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    return [
        path for path in ROOT.rglob("*")
        if path.is_file() and not any(part in SKIPPED_FOLDERS for part in path.relative_to(ROOT).parts)
    ]


def forbidden_in(text: str) -> list[str]:
    return [f"line {text[: found.start()].count(chr(10)) + 1}: {what}: {found.group().strip()}"
            for what, pattern in FORBIDDEN.items() if (found := pattern.search(text))]


def test_no_machine_path_and_no_registry_address() -> None:
    faults = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        faults += [f"{path.relative_to(ROOT)}: {fault}" for fault in forbidden_in(text)]
    assert faults == []


@pytest.mark.parametrize("text", [
    "see /wo" "rk/main/x", "'/ho" "me/ann/y'", "C:" "\\Users", "https://pypi" ".org/x", "--find-" "links x",
])
def test_the_path_test_can_fail(text: str) -> None:
    assert forbidden_in(text)


@pytest.mark.parametrize("text", ["results/work/x", "../shared/x", "and/or", "${TMPDIR:-/tmp}/x", "bin/pip install"])
def test_the_path_test_leaves_the_innocent_alone(text: str) -> None:
    assert not forbidden_in(text)


def test_the_lock_is_hashed_and_names_every_dependency() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*settings["dependencies"], *settings["optional-dependencies"]["test"]]
    pins = re.split(r"\n(?=\S)", lock.strip())
    assert all("--hash=sha256:" in pin for pin in pins)
    pinned = {re.match(r"[\w-]+", pin).group().lower() for pin in pins}
    names = {re.match(r"[\w.-]+", need).group().lower().replace(".", "-").replace("_", "-") for need in wanted}
    assert sorted(names - pinned) == []


# ---- the page and the gate ----------------------------------------------------------------------------------------


def fenced_after(marker: str) -> str:
    """The fenced block after a marker in README.md, as .ci/run finds it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^<!-- {marker} -->$.*?^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no fenced command after <!-- {marker} -->"
    return found.group(1)


def test_the_readme_has_the_two_commands() -> None:
    run, test = fenced_after("run command"), fenced_after("test command")
    studies = re.findall(r"\S+\.yaml", run)
    assert studies
    assert all((ROOT / study).is_file() for study in studies)
    assert "pytest" in test
    assert "[test]" in test
    assert all("-m venv" in command and "pip install" in command for command in (run, test))


def test_the_gate_takes_its_command_from_the_readme() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "-m pytest" not in gate
    assert 'readme_command "test command"' in gate
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
