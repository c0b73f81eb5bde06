"""What a run leaves, whoever ran it: arrays with named axes, tidy frames, outcomes, ledgers, truth, files.

`measures` declares every array once; `trajectories` holds them; `frames`, `participation`, `ledgers`,
`levels`, `spread` and `truth` turn them into tables a reader can use; `store` keeps them in Parquet.
Nothing here knows which scheduler filled a record.
"""

from __future__ import annotations
