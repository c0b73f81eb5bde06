"""Provenance: what manifest.json says of a run, enough to run it again and to know who made it.

The manifest is the only file of a results folder that holds times; everything else is equal for equal runs.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bscsim.scenario.faults import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bscsim.scenario.population import Pool
    from bscsim.scenario.scenario import Scenario, Study

FORMAT: Final = 1
NAME: Final = "manifest.json"
LIBRARIES: Final = ("numpy", "pandas", "scipy", "mesa", "numba", "llvmlite", "pyarrow", "matplotlib")


def describe(study: Study, pool: Pool, engine: str) -> dict[str, Any]:
    """Everything about a run that is known before it starts (times and files are added when it ends).

    Keys: ``study`` (name, kind, digest), ``run`` (seed, replicates, twin, dt), ``counts`` (centers kept, by sector,
    rows dropped by reason), ``scenario`` (every setting, resolved), ``layers`` (what set each of them), ``block`` (that
    of the kind), ``roster`` (SHA-256 of its file, if there is one), ``file`` (name and exact text), ``set`` (what
    ``--set`` laid over it), ``versions``, ``platform``, ``git``, ``engine``.
    """
    from bscsim.scenario.scenario import resolved

    scenario = study.scenario
    settings = scenario.simulation
    return {
        "format": FORMAT,
        "study": {"name": study.name, "kind": study.kind, "digest": scenario.digest},
        "run": {
            "seed": settings.seed, "replicates": settings.replicates, "twin": settings.twin, "dt": settings.dt,
        },
        "counts": counts(pool),
        "scenario": resolved(scenario),
        "layers": dict(study.layers),
        "block": None if study.block is None else study.block.plain(),
        "roster": _roster(scenario),
        "file": {"name": Path(study.path).name, "text": study.text},
        "set": list(study.overrides),
        "engine": engine,
        "versions": versions(),
        "platform": {"system": platform.system(), "machine": platform.machine()},
        "git": git_state(),
    }  # fmt: skip


def _roster(scenario: Scenario) -> str | None:
    """SHA-256 of the roster, None without one: with it a later rerun can say that the roster has changed."""
    from bscsim.scenario.roster import roster_digest

    path = scenario.population.roster
    return None if path is None else roster_digest(Path(path))


def counts(pool: Pool) -> dict[str, Any]:
    """Centers kept (all, and by sector) and roster rows dropped by reason."""
    from bscsim.scenario.population import SECTORS

    return {
        "kept": len(pool.id),
        "by_sector": {name: sum(code == i for code in pool.sector) for i, name in enumerate(SECTORS)},
        "areas": len(pool.area_names),
        "dropped": dict(sorted(pool.dropped.items())),
    }


def versions() -> dict[str, str]:
    """Versions of this package, its registry of random streams, Python and the libraries a run rests on."""
    from bscsim import __version__
    from bscsim.rules.draws import STREAM_VERSION

    found = {"bscsim": __version__, "code": code_digest(), "model": model_digest(), "streams": str(STREAM_VERSION)}
    found["python"] = platform.python_version()
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # vendored or not installed as a distribution
            found[name] = "unknown"
    return found


MODEL_ROOMS: Final = ("agents", "engine", "record", "rules", "scenario")
"""The rooms whose code decides what a replicate's numbers are."""


@cache
def model_digest() -> str:
    """First 16 hexadecimal digits of the SHA-256 of the code that decides numbers: the version of the model.

    Unlike :func:`code_digest` it does not change with reports, commands or runners, so that results of a sweep outlive
    those.
    """
    return _digest_of([path for path in _sources() if path.parts[0] in MODEL_ROOMS])


NOT_ROWS: Final = ("closed", "formulas.py", "searching", "summarizing", "reading")
"""Parts of the room ``trial`` that read the rows of a power study and change none."""

YET_ROWS: Final = ("columns.py", "components.py")
"""What of them makes variance components of rows, from which other rows are drawn."""


@cache
def trial_digest() -> str:
    """The version of the model and of the trials on top of it: decides the rows of a power study."""
    rooms = (*MODEL_ROOMS, "trial")
    return _digest_of([
        path for path in _sources()
        if path.parts[0] in rooms and (path.parts[1] not in NOT_ROWS or path.name in YET_ROWS)
    ])  # fmt: skip


def code_digest() -> str:
    """First 16 hexadecimal digits of the SHA-256 of this package's source files: says whether code has changed."""
    return _digest_of(_sources())


def _sources() -> list[Path]:
    package = Path(__file__).resolve().parents[1]
    return sorted(path.relative_to(package) for path in package.rglob("*.py"))


def _digest_of(names: list[Path]) -> str:
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.as_posix().encode() + b"\0" + (package / name).read_bytes())
    return digest.hexdigest()[:16]


def git_state() -> dict[str, Any] | None:
    """Commit of the checkout this package runs from and whether its code was changed since; None outside one."""
    package = Path(__file__).resolve().parents[1]
    if not (package.parent / ".git").exists():
        return None
    commit = _git(package, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(package, "status", "--porcelain", "--", ".")
    return {"commit": commit, "changed": bool(changed)}


def _git(folder: Path, *words: str) -> str | None:
    """Output of a git command, or None when git is missing or refuses."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def read(folder: Path) -> dict[str, Any] | None:
    """The manifest of a results folder, or None if there is none that this program wrote."""
    try:
        manifest = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = ("format", "study", "run", "versions", "files")
    if not isinstance(manifest, dict) or any(name not in manifest for name in wanted):
        return None
    return manifest


def require(folder: Path) -> dict[str, Any]:
    """The manifest of a results folder; raises InputError that says what is wrong with the folder."""
    if not folder.is_dir():
        raise InputError([Fault(str(folder), "", "there is no such folder of results")])
    manifest = read(folder)
    if manifest is None:
        raise InputError([Fault(str(folder), "", f"holds no {NAME} of a finished run")])
    if manifest["format"] != FORMAT:
        problem = f"was written in format {manifest['format']}; this version reads format {FORMAT}"
        raise InputError([Fault(str(folder / NAME), "", problem)])
    return manifest


def scenario_of(manifest: Mapping[str, Any]) -> Scenario:
    """The scenario a manifest describes; raises InputError when this version of the package does not accept it."""
    from bscsim.scenario.scenario import Scenario

    return _validated(Scenario, manifest)


def stored_scenario(manifest: Mapping[str, Any]) -> Scenario:
    """The scenario a manifest describes, with the digest that was stored: no roster file is needed to report on it."""
    from bscsim.scenario.scenario import Scenario

    stored_digest = str(manifest["study"]["digest"])

    class Stored(Scenario):
        @property
        def digest(self) -> str:
            return stored_digest

    return _validated(Stored, manifest)


def _validated(kind: type[Scenario], manifest: Mapping[str, Any]) -> Scenario:
    from pydantic import ValidationError

    try:
        return kind.model_validate(manifest["scenario"])
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise InputError([Fault(NAME, path, f"this version does not accept it: {first['msg']}")]) from None


def same_run(manifest: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two manifests are of one and the same run: scenario, seed, replicates and versions that set numbers."""
    return all(
        manifest[group].get(name) == other[group].get(name)
        for group, names in (("study", ("name", "kind", "digest")), ("run", ("seed", "replicates")),
                             ("versions", ("bscsim", "streams")))
        for name in names
    )  # fmt: skip


def same_code(manifest: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two manifests come from the same source code, to the letter."""
    return bool(manifest["versions"].get("code") == other["versions"]["code"])


def to_text(manifest: Mapping[str, Any]) -> str:
    """The manifest as the text of manifest.json."""
    return json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
