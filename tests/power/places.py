"""A folder of a power study that processes fill, and what is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.sweeps import conftest as sweeps
from tests.sweeps.conftest import Server

OURS = ("manifest.json", "summary.json", "report.html", "tables/power.csv")


def stored(folder: Path) -> dict[str, bytes]:
    """The files of a study's blocks, and its summary: name and bytes."""
    paths = [*sorted((folder / "cells").iterdir()), folder / "summary.json"]
    return {path.name: path.read_bytes() for path in paths}


def strays(folder: Path) -> list[str]:
    """What is in a finished folder and is not part of the results."""
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if not path.is_dir()]
    wrong = [name for name in names if name not in OURS and not name.startswith("cells/c")]
    beside = [path.name for path in folder.parent.iterdir() if path.name.startswith(f"{folder.name}.")]
    return wrong + beside + [name for name in ("claims",) if (folder / name).exists()]


def summary_of(folder: Path) -> Any:
    return json.loads((folder / "summary.json").read_text())


class Place(sweeps.Place):
    """A folder for a study, with the log of the blocks that were computed in it."""

    def __init__(self, at: Path, server: Server, text: str) -> None:
        super().__init__(at, server)
        self.file = at / "study.yaml"
        self.file.write_text(text)

    def until_arm(self, number: int, child: Any, blocks: int = 1) -> None:
        """Wait until an arm has some blocks, or, for that of a search, any arm from there on."""
        def there() -> bool:
            arms = [arm for arm, _, _ in self.finished()]
            return sum(arm == number or number <= arm >= 100_000 for arm in arms) >= blocks or child.ended()

        self.server.until(there, child)
