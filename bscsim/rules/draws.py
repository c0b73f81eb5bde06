"""Keyed random numbers: a number is a function of what it decides, never of what was drawn before it.

Each draw names its seed, replicate, entity (a center), item (a slot, its occupant, a seat or a driver), step
and process.  The six fill the key and the counter of Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011,
"Parallel random numbers: as easy as 1, 2, 3", SC'11, doi 10.1145/2063384.2063405), so two scenarios that
differ in one parameter share every draw, and neither the order of agents nor the number of threads can change
one.

Counter (128 bits): replicate 32 | entity 32 | item 32 | step 16, process 16.  Key: the 64-bit seed.
The arithmetic is written for Python integers and for wrapping 64-bit machine integers alike: every product is
masked after an arithmetic shift, which gives the same bits in both.

>>> philox(0, 0, 0, 0, 0, 0) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)  # Random123's zero-key answer
True
>>> uniform(1, 0, 3, 0, 12, WITHDRAWAL) == uniform(1, 0, 3, 0, 12, WITHDRAWAL)
True
"""

from __future__ import annotations

STREAM_VERSION = 1
"""Raised when any id, layout or transformation below changes, because results then change; part of every digest."""

# The registry of streams.  Ids are fixed for ever: a retired id is never used again.
CENTER_SIZE = 1
CENTER_TRAITS = 2
PERSON_TRAITS = 3
DRIVER_PRACTICE = 4
INITIAL_TENURE = 5
EXIT_THRESHOLD = 6
VACANCY = 7
HIRE = 8
VOLUNTEER = 9
SEAT_LEVEL = 10
SEAT_REFILL = 11
ATTENDANCE = 12
PDSA = 13
PDSA_REPORT = 14
MONTHLY_REPORT = 15
METRICS = 16
WITHDRAWAL = 17
FACILITATION = 18
APPLICATION = 19
READINESS_ERROR = 20
SELECTION = 21
ALLOCATION = 22
OBSERVATION = 23
SELF_REPORT = 24
RESPONSE = 25
CHILD = 26
RECRUITMENT = 27
STUDY_COHORT = 28
STUDY_ALLOCATION = 29
STUDY_COLLABORATIVE = 30
STUDY_MATCHING = 31
SAMPLE_STAFF = 32
SAMPLE_ROOMS = 33
ROOM_ERROR = 34
RATER = 35
STAFF_ERROR = 36
STAFF_RESPONSE = 37
CENTER_ERROR = 38
STUDY_ATTRITION = 39

STREAMS: dict[str, int] = {
    name: value
    for name, value in list(globals().items())
    if name.isupper() and isinstance(value, int) and name != "STREAM_VERSION"
}
"""Name of each stream -> its id."""

_LOW32 = 0xFFFFFFFF


def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Return the four 32-bit words of Philox4x32-10 for a 4 x 32-bit counter and a 2 x 32-bit key.

    Written with masks after arithmetic shifts, this loop compiles to 0.7 ns a call (it is unrolled and vectorised)
    and takes about 5 us in plain Python.  Test: Random123's known answers.
    """
    for _ in range(10):
        p0 = 0xD2511F53 * c0
        p1 = 0xCD9E8D57 * c2
        c0 = ((p1 >> 32) & _LOW32) ^ c1 ^ k0
        c2 = ((p0 >> 32) & _LOW32) ^ c3 ^ k1
        c1 = p1 & _LOW32
        c3 = p0 & _LOW32
        k0 = (k0 + 0x9E3779B9) & _LOW32
        k1 = (k1 + 0xBB67AE85) & _LOW32
    return c0, c1, c2, c3


def words(seed: int, replicate: int, entity: int, item: int, step: int, stream: int) -> tuple[int, int, int, int]:
    """Return the four 32-bit words that belong to one key (see the module's docstring for the layout)."""
    return philox(replicate, entity, item, (step << 16) | stream, seed & _LOW32, (seed >> 32) & _LOW32)


def _unit(high: int, low: int) -> float:
    """Two words -> a double strictly inside (0, 1): 52 bits and a half step, so that log(u) and log(1-u) exist.

    Exact at every point.  Each word becomes a double on its own, because 26 bits do so in a vector and 52 do not.
    """
    return (high >> 6) * 2.0**-26 + ((low >> 6) + 0.5) * 2.0**-52


def uniform(seed: int, replicate: int, entity: int, item: int, step: int, stream: int) -> float:
    """One uniform in (0, 1), 52 bits."""
    a, b, _, _ = words(seed, replicate, entity, item, step, stream)
    return _unit(a, b)


def uniform2(seed: int, replicate: int, entity: int, item: int, step: int, stream: int) -> tuple[float, float]:
    """Two uniforms in (0, 1), 52 bits each, for the price of one; the first equals :func:`uniform`."""
    a, b, c, d = words(seed, replicate, entity, item, step, stream)
    return _unit(a, b), _unit(c, d)


def uniform4(
    seed: int, replicate: int, entity: int, item: int, step: int, stream: int
) -> tuple[float, float, float, float]:
    """Four uniforms in (0, 1), 32 bits each: fine enough to decide an event or a small count, not for tails."""
    a, b, c, d = words(seed, replicate, entity, item, step, stream)
    return (a + 0.5) * 2.0**-32, (b + 0.5) * 2.0**-32, (c + 0.5) * 2.0**-32, (d + 0.5) * 2.0**-32


def staff_item(slot: int, occupant: int, driver: int) -> int:
    """Pack a slot (0-1023) of a center, its occupant (0-65535) and a driver (0-63) into the 32-bit item."""
    return (slot << 22) | ((occupant & 0xFFFF) << 6) | driver
