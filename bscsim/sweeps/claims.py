"""Claims: which runner of a folder works on which block, without a shared clock.

A claim is a file that only one runner can create; it says who did.  Every runner keeps a beat, a file with a number
that rises; one whose beat a watcher has not seen rise for :data:`PATIENCE` seconds of the watcher's own monotonic clock
is gone.  A runner of this machine whose process is no more is gone at once.  The claim of a runner that is gone is not
taken away, which two could do at once: whoever creates the claim that is named after it comes next.  Claims save double
work only: two runners that do the same block write the same file.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = "claims"
BEAT_SECONDS: Final = 2.0
PATIENCE: Final = 30.0
LOOK_SECONDS: Final = 0.1

TRIES: Final = 100
"""Runners that are gone, one after the other, whose claim of one block is passed over."""


class Owner(NamedTuple):
    """Whose a claim is: its runner's name, and what it says of its process; both empty if it was killed on writing."""

    name: str
    said: str


class Claims:
    """The claims of one runner in a results folder; a context manager, which gives all of them back at its end.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Claims(Path(folder)) as one, Claims(Path(folder)) as other:
    ...     first = one.take("block"), other.take("block")
    ...     one.release(["block"])
    ...     first, other.take("block")
    ((True, False), True)
    """

    def __init__(self, folder: Path, patience: float = PATIENCE, beat: float = BEAT_SECONDS) -> None:
        self.folder = folder / FOLDER
        self.patience = patience
        self.every = beat
        self.name = os.urandom(8).hex()
        self._me = {"runner": self.name, "host": socket.gethostname(), "boot": _boot(), "pid": os.getpid(),
                    "begun": _begun(os.getpid())}  # fmt: skip
        self._beats = 0
        self._seen: dict[str, tuple[str, float]] = {}
        self._mine: dict[str, list[Path]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, name="bscsim-beat", daemon=True)

    def __enter__(self) -> Claims:
        self._beat()
        self._thread.start()
        if not self.others():
            self._tidy()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.release(list(self._mine))
        with suppress(OSError):
            if not self.others():
                self._tidy()
            self._runner(self.name).unlink(missing_ok=True)
            self.folder.rmdir()  # if no other runner is there

    def take(self, block: str) -> bool:
        """Claim a block; False if a runner that is alive has it."""
        chain = [self.folder / f"{block}.claim"]
        self._mine[block] = chain  # before it is made: whatever interrupts this, it is given back
        for _ in range(TRIES):
            if self._create(chain[-1]):
                return True
            owner = _owner(chain[-1])
            if owner is None:
                continue  # given back just now
            if self._alive(owner, chain[-1].name):
                break
            chain.append(self.folder / f"{block}.{owner.name or f'nobody{len(chain)}'}.claim")
        del self._mine[block]
        return False

    def release(self, blocks: Iterable[str]) -> None:
        """Give claims back, those of runners that are gone before this one's own."""
        for block in blocks:
            chain = self._mine.pop(block, [])
            if chain and (owner := _owner(chain[-1])) is not None and owner.name == self.name:
                for path in chain:
                    with suppress(OSError):
                        path.unlink(missing_ok=True)

    def others(self) -> bool:
        """Whether another runner seems to be alive."""
        with suppress(OSError):
            names = sorted(path.stem for path in self.folder.glob("*.runner") if path.stem != self.name)
            alive = [self._alive(Owner(name, ""), name) for name in names]  # each is watched from now on
            return any(alive)
        return False

    def working(self) -> str:
        """Name a runner that is surely at work, by its process and machine; empty if there is none.

        Surely: its beat rises while this looks, which takes a beat, or :attr:`patience` seconds if a runner of another
        machine has left a beat and is gone.
        """
        first = self._beats_of_others()
        until = time.monotonic() + self.patience if first else 0.0
        while time.monotonic() < until:
            now = {name: said for name, said in self._beats_of_others().items() if not _is_gone(said)}
            risen = next((said for name, said in now.items() if said != first.get(name)), None)
            if risen is not None:
                return _process(risen)
            if not now:
                break
            time.sleep(LOOK_SECONDS)
        return ""

    def _beats_of_others(self) -> dict[str, str]:
        """What other runners say of themselves, by name."""
        found = {}
        for path in sorted(self.folder.glob("*.runner")):
            with suppress(OSError):
                found[path.stem] = path.read_text(encoding="utf-8")
        found.pop(self.name, None)
        return found

    def _create(self, path: Path) -> bool:
        """Create a claim; False if it is there."""
        try:
            self._write_claim(path)
        except FileExistsError:
            return False
        except FileNotFoundError:  # another runner, ending, removed the empty folder
            self._beat()
            return False
        return True

    def _write_claim(self, path: Path) -> None:
        with path.open("x", encoding="utf-8") as file:
            try:
                file.write(json.dumps(self._me))
                file.flush()
            except BaseException:  # a full disk, a signal: no claim without an owner is left
                path.unlink(missing_ok=True)
                raise

    def _alive(self, owner: Owner, place: str) -> bool:
        """Whether a runner's beat was seen to rise lately, by this process's own clock."""
        beat = ""
        if owner.name:
            with suppress(OSError):
                beat = self._runner(owner.name).read_text(encoding="utf-8")
        if _is_gone(beat or owner.said):
            self._forget(owner.name)
            return False
        now, key = time.monotonic(), owner.name or place
        before, since = self._seen.get(key, ("", None))
        if since is None or (beat and beat != before):
            self._seen[key] = beat, now
            return True
        if now - since < self.patience:
            return True
        self._forget(owner.name)
        return False

    def _forget(self, name: str) -> None:
        if name:
            with suppress(OSError):
                self._runner(name).unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Delete what runners that are gone have left; there is no other."""
        for path in sorted(self.folder.glob("*.claim")):
            owner = _owner(path)
            if owner is not None and owner.name != self.name and not self._alive(owner, path.name):
                path.unlink(missing_ok=True)
        for path in sorted(self.folder.glob("*.part")):
            if path.stem != self.name:
                path.unlink(missing_ok=True)

    def _runner(self, name: str) -> Path:
        return self.folder / f"{name}.runner"

    def _keep_beating(self) -> None:
        while not self._stop.wait(self.every):
            with suppress(OSError):  # a full disk: others may take our blocks and do them twice
                self._beat()

    def _beat(self) -> None:
        self._beats += 1
        path = self._runner(self.name)
        part = path.with_suffix(".part")
        for last in (False, True):
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                part.write_text(json.dumps(self._me | {"beat": self._beats}), encoding="utf-8")
                part.replace(path)
                return
            except FileNotFoundError:  # another runner, ending, removed the empty folder
                if last:
                    raise


def _process(said: str) -> str:
    """Name the process that said this of itself."""
    try:
        beat = json.loads(said)
        return f"process {beat['pid']} on {beat['host']}"
    except (ValueError, KeyError, TypeError):
        return "a process that does not say which"


def _owner(path: Path) -> Owner | None:
    """Return whose a claim is; None if it is no longer there."""
    try:
        said = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError:
        return Owner("", "")
    try:
        return Owner(str(json.loads(said)["runner"]), said)
    except (ValueError, KeyError, TypeError):
        return Owner("", "")


def _is_gone(said: str) -> bool:
    """Whether a process of this machine that said this of itself is no more."""
    try:
        beat = json.loads(said)
        here = (beat["host"], beat["boot"]) == (socket.gethostname(), _boot()) and _boot() is not None
        return bool(here and _begun(int(beat["pid"])) != beat["begun"])
    except (ValueError, KeyError, TypeError):
        return False


def _boot() -> str | None:
    """Name this start of this machine and, in a container, its process numbers; None where the system does not tell."""
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + space
    return None


def _begun(pid: int) -> str | None:
    """When a process began, so that one with its number is not taken for it; None if it is gone."""
    with suppress(OSError, IndexError):
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if facts[0] == "Z" else facts[19]
    return None
