"""The results of a finished run: tables as pandas frames, and SQL over the stored files through duckdb."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bscsim.record import provenance
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.reading import BLOCKS
from bscsim.sweeps.manifest import require

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from bscsim.record.trajectories import Trajectories

CELLS = ("centers", "months", "staff")
"""Stored tables a query can name, besides the files of tables/ (each by its name without .csv)."""


def results(folder: str | os.PathLike[str]) -> Results | SweepResults | PowerResults:
    """Open the folder that a run left: :class:`Results`, :class:`SweepResults` of many cells, :class:`PowerResults`.

    Raises InputError when it is no such folder.

    >>> import bscsim                                                    # doctest: +SKIP
    >>> found = bscsim.results("results/ccl_feasibility")                # doctest: +SKIP
    >>> found.effects().query("month == 16")                             # doctest: +SKIP
    >>> found.sql("select month, avg(readiness) from months where world = 0 group by month")  # doctest: +SKIP
    """
    path = Path(folder)
    kind = require(path)["study"]["kind"]
    if kind == "power":
        return PowerResults(path)
    return SweepResults(path) if kind in BLOCKS else Results(path)


class _Folder:
    """A folder of results: its manifest and summary, and a connection over its tables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = require(folder)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The contents of summary.json; InputError before there is a report."""
        path = self.folder / "summary.json"
        if not path.is_file():
            problem = f"has no report yet; `bscsim report {self.folder}` makes one of what is there"
            raise InputError([Fault(str(self.folder), "", problem)])
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _stored(self) -> dict[str, str]:
        """What of the stored rows a query can name: name -> files, as duckdb reads them."""
        raise NotImplementedError

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """A duckdb connection in memory with a view for the stored rows and each file of tables/; nothing is copied."""
        import duckdb

        made = duckdb.connect()
        for name, files in self._stored().items():
            made.execute(f"create view {name} as select * from read_parquet({files})")
        for path in sorted((self.folder / "tables").glob("*.csv")):
            table = f"read_csv('{_quoted(path)}', header=true, sample_size=-1)"
            made.execute(f'create view "{path.stem}" as select * from {table}')
        return made

    def sql(self, query: str) -> pd.DataFrame:
        """Answer a query over the views of :attr:`connection`."""
        frame: pd.DataFrame = self.connection.execute(query).df()
        return frame


class SweepResults(_Folder):
    """The results of a study of many cells: a row a cell, a row a replicate and wave, and queries by `sql`.

    A query names `replicates` (the stored rows) and the tables of tables/ (`cells`, `responses`, `contrasts`, ...).

    >>> import bscsim                                                                      # doctest: +SKIP
    >>> found = bscsim.results("results/active_ingredients")                               # doctest: +SKIP
    >>> found.sql("select cell, avg(effect) from replicates where month = 16 group by cell")  # doctest: +SKIP
    """

    def __repr__(self) -> str:
        study, run = self.manifest["study"], self.manifest["run"]
        return f"<results of {study['name']}: {run['cells']} cells, {run['replicates']} replicates, seed {run['seed']}>"

    @cached_property
    def _needed(self) -> list[Path]:
        """The stored files to read: each row once. StoreError if one is damaged, or a row is there twice or lacking."""
        from bscsim.sweeps.folder import files_of

        return files_of(self.folder)

    def cells(self) -> pd.DataFrame:
        """One row a cell: number, label, level of each factor, replicates, and each response's mean."""
        import pandas as pd

        rows = [
            {"cell": one["cell"], "label": one["label"], **one["levels"], "replicates": one["replicates"]}
            | {key: value["mean"] if value else None for key, value in one["values"].items()}
            for one in self.summary["cells"]
        ]
        return pd.DataFrame(rows)

    def replicates(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """One row a cell, replicate and wave, in that order: keys, and the outcomes named (all unless given)."""
        import pandas as pd
        import pyarrow.parquet as pq

        names = None if columns is None else ["cell", "replicate", "month", *columns]
        parts = [pq.read_table(path, columns=names).to_pandas() for path in self._needed]
        table = pd.concat(parts, ignore_index=True)
        ordered: pd.DataFrame = table.sort_values(["cell", "replicate", "month"], ignore_index=True, kind="stable")
        return ordered

    def _stored(self) -> dict[str, str]:
        return {"replicates": "[" + ", ".join(f"'{_quoted(path)}'" for path in self._needed) + "]"}


class PowerResults(_Folder):
    """The results of a power study: a row a cell, analysis and estimator, and queries by `sql`.

    A query names `replicates` (the stored rows: file, replicate, analysis, a column a number) and the tables of tables/
    (`power`, `truth`, `seen`, ...).

    >>> import bscsim                                                                      # doctest: +SKIP
    >>> found = bscsim.results("results/power_cluster_trial")                              # doctest: +SKIP
    >>> found.power().query("estimator == 'cluster_t'")                                    # doctest: +SKIP
    """

    def __repr__(self) -> str:
        study, run = self.manifest["study"], self.manifest["run"]
        return f"<results of {study['name']}: {run['cells']} cells, {run['replicates']} replicates, seed {run['seed']}>"

    def power(self) -> pd.DataFrame:
        """One row a cell, analysis and estimator: power, type I errors, bias, coverage, each with its error."""
        return self.sql("select * from power")

    def replicates(self, cell: int = 0) -> pd.DataFrame:
        """One row a replicate and analysis of a cell, in that order: every stored number."""
        import pandas as pd
        import pyarrow.parquet as pq

        parts = [pq.read_table(path).to_pandas() for path in self._sound(f"c{cell:06d}-")]
        if not parts:
            raise InputError([Fault(str(self.folder), "cell", f"{cell} has no stored rows here")])
        table = pd.concat(parts, ignore_index=True).drop_duplicates(["replicate", "analysis"])
        ordered: pd.DataFrame = table.sort_values(["replicate", "analysis"], ignore_index=True, kind="stable")
        return ordered

    def _sound(self, begins: str) -> list[Path]:
        """The stored files whose names begin so, each compared with the sum in its name; StoreError for another."""
        from bscsim.sweeps import store

        paths = [path for path in sorted(self.folder.glob(f"cells/{begins}*.parquet")) if store.is_ours(path.name)]
        for path in paths:
            store.require_sound(path)
        return paths

    def _stored(self) -> dict[str, str]:
        files = ", ".join(f"'{_quoted(path)}'" for path in self._sound("c"))
        return {"replicates": f"[{files}], union_by_name=true, filename=true"} if files else {}


class Results(_Folder):
    """The results of a scenario: `manifest` and `summary` as plain data, frames as methods, queries by `sql`.

    A query names centers, months, staff (world 0 is treated, 1 the twin) and the tables of tables/.  Frames are those
    of :class:`bscsim.record.trajectories.Trajectories`, rebuilt from the stored cells when first asked for.
    """

    def __repr__(self) -> str:
        study, run = self.manifest["study"], self.manifest["run"]
        return f"<results of {study['name']}: {run['replicates']} replicates, seed {run['seed']}>"

    @cached_property
    def run(self) -> Trajectories:
        """The stored record, to the last bit (StoreError when a file is missing or damaged)."""
        from bscsim.record import store

        return store.read(self.folder / "cells", provenance.stored_scenario(self.manifest))

    def centers(self) -> pd.DataFrame:
        """One row a replicate, world, center and month."""
        return self.run.centers()

    def staff(self, month: int | None = None) -> pd.DataFrame:
        """One row a staff position at a measurement wave, or at all of them."""
        return self.run.staff(month)

    def participation(self, by: str = "role") -> pd.DataFrame:
        """Participation by "role" or "center"."""
        return self.run.participation(by)

    def outcomes(self, by: str = "arm") -> pd.DataFrame:
        """Outcomes at the seven levels by "arm" or "center"."""
        return self.run.outcomes(by)

    def costs(self) -> pd.DataFrame:
        """Money by center, line and payer."""
        return self.run.costs()

    def turnover(self, per: str = "year") -> pd.DataFrame:
        """Exits, hires and losses per "year" or "month"."""
        return self.run.turnover(per)

    def effects(self) -> pd.DataFrame:
        """Each center's true effect at each wave."""
        return self.run.effects()

    def _stored(self) -> dict[str, str]:
        return {name: f"'{_quoted(self.folder / 'cells' / f'{name}-*.parquet')}'" for name in CELLS}


def _quoted(path: Path) -> str:
    """A path inside an SQL string; glob characters of the folder itself stand for themselves."""
    folder = str(path.parent.resolve()).replace("'", "''")
    for character in "[*?":
        folder = folder.replace(character, f"[{character}]")
    return f"{folder}/{path.name}"
