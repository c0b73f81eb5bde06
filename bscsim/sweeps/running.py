"""The runner: what is missing is claimed, computed and put into its file, until nothing is missing.

Where blocks are computed is an Executor's matter (threads of this process, or a cluster): there is one runner.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bscsim.scenario.faults import ResumableError
from bscsim.sweeps import store
from bscsim.sweeps.claims import Claims
from bscsim.sweeps.computing import OtherVersionError, StoppedError, Work
from bscsim.sweeps.layout import Block, Blocks
from bscsim.sweeps.store import FOLDER, Failure

ATTEMPTS: Final = 3
"""How often a block is tried before it is written down as failed."""

WRITES: Final = 3
"""How often a file is written that went away before it had its name."""

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a disk says that has no room, or none for this user."""

LOOK_AGAIN: Final = 1.0
"""Seconds between looks at a folder that other runners write to."""

Tick = Callable[[int, int], None]
Submit = Callable[[Work], "Future[bytes]"]


@dataclass(frozen=True)
class Shard:
    """Part ``number`` of ``of``: the blocks whose place in the order leaves that remainder.

    >>> Shard(1, 3).has(4), Shard(1, 3).has(5)
    (True, False)
    """

    number: int = 0
    of: int = 1

    def has(self, place: int) -> bool:
        """Whether a block is in this part."""
        return place % self.of == self.number


@dataclass
class Runner:
    """One run over a folder.

    ``submit`` has a block computed; ``width`` is how many at a time are worth it.  With ``shard.of`` > 1 there are no
    claims: parts do not overlap.
    """

    folder: Path
    layout: Blocks
    make_task: Callable[[Block], Work]
    submit: Submit
    width: int
    tick: Tick
    stop: threading.Event
    shard: Shard = field(default_factory=Shard)
    claims: Claims | None = None
    missing: dict[str, Block] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    looked: float = 0.0
    under_way: dict[Future[bytes], Block] = field(default_factory=dict)

    @property
    def cells(self) -> Path:
        """Where the files are."""
        return self.folder / FOLDER

    def run(self) -> None:
        """Run what is missing; returns when nothing of this part is, failures excepted.

        Raises ResumableError when the disk is full, and whatever ends the run; blocks under way are then dropped.
        """
        self.total = sum(block.replicates for place, block in enumerate(self.layout.blocks()) if self.shard.has(place))
        self.look(try_again=True)
        self.tick(self.done, self.total)
        try:
            while self.missing:
                if not self.round():
                    self.stop.wait(LOOK_AGAIN)  # others have what is left: see whether they are done, or gone
                self.look()
        finally:
            self.drop()

    def look(self, try_again: bool = False) -> None:
        """See what is missing, by name, in order; what failed is not, unless it is to be tried again."""
        held = store.scan(self.cells, self.layout)
        self.looked = time.monotonic()
        gaps = [block for place, block in store.missing(self.layout, held) if self.shard.has(place)]
        self.done = self.total - sum(block.replicates for block in gaps)
        self.missing = {self.layout.name(block): block for block in gaps}
        for name in held.failed:
            if name in self.missing and try_again:
                (self.cells / f"{name}.failed.json").unlink(missing_ok=True)
            elif name in self.missing:
                del self.missing[name]

    def round(self) -> bool:
        """Go through what is missing once; False if others have claimed all of it."""
        mine = False
        left = iter(list(self.missing.items()))
        while True:
            mine |= self.fill(left)
            if not self.under_way:
                return mine
            finished, _ = wait(self.under_way, return_when=FIRST_COMPLETED)
            for future in finished:
                self.take_in(future)

    def fill(self, left: Iterator[tuple[str, Block]]) -> bool:
        """Have blocks computed, as many at a time as are worth it; False if there was none to be had."""
        began = False
        while len(self.under_way) < self.width and (found := next(left, None)) is not None:
            if self.claimed(found[0]):
                self.begin(found[1])
                began = True
        return began

    def claimed(self, name: str) -> bool:
        """Claim a block; not if another runner has it, or has done it since the last look."""
        if self.claims is None:
            return True
        if not self.claims.take(name):
            return False
        if not self.claims.others() or not self.done_elsewhere(name):
            return True
        self.claims.release([name])
        return False

    def done_elsewhere(self, name: str) -> bool:
        """Whether another runner has done a block since the last look: it writes a file, then gives the claim back."""
        with os.scandir(self.cells) as entries:
            if any(entry.name.startswith(name) for entry in entries):
                return True
        if time.monotonic() - self.looked > LOOK_AGAIN:
            self.look()
        return name not in self.missing

    def begin(self, block: Block) -> None:
        """Have a block computed."""
        self.under_way[self.submit(self.make_task(block))] = block

    def take_in(self, future: Future[bytes]) -> None:
        """Put a finished block into its file, or try again, or write down that it failed."""
        block = self.under_way.pop(future)
        name = self.layout.name(block)
        try:
            data = future.result()
        except (StoppedError, CancelledError):
            if self.stop.is_set():
                return
            raise ResumableError(f"the workers went away; {self.done:,} of {self.total:,} replicates are safe. Give "
                              "the same command again") from None  # fmt: skip
        except OtherVersionError:
            raise
        except Exception as error:  # whatever a cell does, the others go on
            self.failed(block, name, error)
            return
        self.write(lambda: store.put(self.cells, name, data))
        self.finished(block, name)

    def failed(self, block: Block, name: str, error: Exception) -> None:
        """Try a block again, a few times, and then write down what it raised."""
        self.attempts[name] = self.attempts.get(name, 0) + 1
        if self.attempts[name] < ATTEMPTS:
            self.begin(block)
            return
        failure = Failure(block, f"{type(error).__name__}: {error}", self.attempts[name])
        self.write(lambda: store.put_failure(self.cells, name, failure))
        self.finished(block, name)

    def finished(self, block: Block, name: str) -> None:
        """Give the claim back and say how far it is."""
        if self.claims is not None:
            self.claims.release([name])
        self.done += block.replicates
        self.tick(self.done, self.total)

    def write(self, put: Callable[[], object]) -> None:
        """Write a file; a disk that is full ends the run, with everything written so far in place."""
        for left in reversed(range(WRITES)):
            try:
                put()
                return
            except FileNotFoundError:  # its temporary file was taken for one that a killed writer left
                if not left:
                    raise
            except OSError as error:
                if error.errno not in FULL:
                    raise
                raise ResumableError(f"{self.folder}: the disk is full ({error.strerror}); {self.done:,} of "
                                  f"{self.total:,} replicates are safe. Make room and give the same command "
                                  "again") from None  # fmt: skip

    def drop(self) -> None:
        """Stop what is under way."""
        self.stop.set()
        running = [future for future in self.under_way if not future.cancel()]
        wait(running, timeout=60.0)  # a cancelled one of a cluster is never reported as done
