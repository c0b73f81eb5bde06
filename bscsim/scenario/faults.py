"""What can be wrong, in words a person can act on: faults of the input and the errors that end a command.

An error knows the exit status of the command it ends, so the command line needs no table of error types.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input.

    place
        Where it stands, as an editor understands it: ``file``, ``file:line`` or ``file:line:column`` (both
        from 1); empty for a scenario that was built in Python.
    path
        What it is about: a dotted key (``calendar.sessions``) or a column of a table; empty if it is the
        whole file.
    message
        What is wrong, the allowed range, and the nearest valid name where there is one.

    >>> print(Fault("study.yaml:7:15", "calendar.horizon", "must be at most 600, not 900"))
    study.yaml:7:15: calendar.horizon: must be at most 600, not 900
    >>> print(Fault("", "", "the file is empty"))
    the file is empty
    """

    place: str
    path: str
    message: str

    def __str__(self) -> str:
        """Render the fault as one line."""
        return ": ".join(part for part in (self.place, self.path, self.message) if part)


class BscsimError(Exception):
    """Anything that ends a command with a message instead of a traceback; ``exit_status`` is the command's.

    >>> BscsimError("the disk is full").exit_status
    1
    """

    exit_status: ClassVar[int] = 1


class ResumableError(BscsimError):
    """Stopped before the end: what was done is kept, and the same command goes on (exit status 3)."""

    exit_status: ClassVar[int] = 3


class InputError(BscsimError):
    """Bad input: every fault that was found, together, before anything is simulated (exit status 2).

    >>> faults = [Fault("a.yaml:1:1", "name", "is missing"), Fault("a.yaml:2:3", "seed", "is below 0")]
    >>> error = InputError(faults)
    >>> len(error.faults)
    2
    >>> print(error)
    a.yaml:1:1: name: is missing
    a.yaml:2:3: seed: is below 0
    """

    exit_status: ClassVar[int] = 2

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Keep the faults in the order given; at least one is needed."""
        self.faults: tuple[Fault, ...] = tuple(faults)
        if not self.faults:
            raise ValueError("an InputError needs at least one fault")
        super().__init__("\n".join(str(fault) for fault in self.faults))
