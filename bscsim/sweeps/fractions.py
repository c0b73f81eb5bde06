"""Two-level designs: all combinations, or the smallest regular fraction that keeps two-way interactions apart.

A fraction is made by generators: each added factor is the product of some of the others. What cannot be told apart
follows from the defining relation, the products of factors that are constant over the design. Its shortest word is the
resolution; from V on, no main effect or two-way interaction is mixed up with another (Montgomery, Design and Analysis
of Experiments, ch. 8; Box, Hunter and Hunter 2005, ch. 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.sweeps.points import grid

Signs = NDArray[np.int64]
Word = tuple[int, ...]
"""Factors of a product, by index from 0, ascending."""
Generators = tuple[Word, ...]
"""The words of the added factors in order; the first k - len(generators) factors take all combinations."""

# Montgomery, Design and Analysis of Experiments, table 8.14 (factors A, B, C, ... are 0, 1, 2, ...).
_GENERATORS: Final[dict[int, Generators]] = {
    5: ((0, 1, 2, 3),),
    6: ((0, 1, 2, 3, 4),),
    7: ((0, 1, 2, 3, 4, 5),),
    8: ((0, 1, 2, 3), (0, 1, 4, 5)),
    9: ((0, 2, 3, 5, 6), (1, 2, 4, 5, 6)),
    10: ((0, 1, 2, 6), (1, 2, 3, 4), (0, 2, 3, 5)),
    11: ((0, 1, 2, 6), (1, 2, 3, 4), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5, 6)),
}

MOST_FACTORS: Final = 11
"""Factors of the largest fraction that :func:`fraction` knows (128 cells)."""


class Fraction(NamedTuple):
    """A two-level design: ``signs`` [cells, factors] of -1 (low) and 1 (high), and the generators that made it."""

    signs: Signs
    generators: Generators


def full(k: int) -> Signs:
    """All 2^k combinations of k two-level factors: signs [2^k, k]; the last factor varies fastest.

    >>> full(2).tolist()
    [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    """
    return 2 * grid([2] * k) - 1


def fraction(k: int) -> Fraction:
    """Return the regular fraction of resolution V or more with the fewest cells, for 1 to 11 factors.

    Up to 4 factors need all combinations (no generators). 5 to 11 factors take 16, 32, 64, 64, 128, 128 and 128 cells.
    ValueError for more factors.

    >>> fraction(5).signs.shape, resolution(5, fraction(5).generators)
    ((16, 5), 5)
    """
    if not 1 <= k <= MOST_FACTORS:
        raise ValueError(f"a fraction has 1 to {MOST_FACTORS} factors, not {k}; screen them first with a Morris design")
    generators = _GENERATORS.get(k, ())
    base = full(k - len(generators))
    added = [base[:, word].prod(axis=1) for word in generators]
    return Fraction(np.column_stack([base, *added]) if added else base, generators)


def defining_relation(k: int, generators: Generators) -> tuple[Word, ...]:
    """The words that are 1 in every cell, without the empty one: shortest first, then in order of factors.

    >>> defining_relation(5, ((0, 1, 2, 3),))
    ((0, 1, 2, 3, 4),)
    """
    words = [0]
    for mask in _masks(k, generators):
        words += [word ^ mask for word in words]
    return tuple(sorted((_word(mask) for mask in words[1:]), key=_by_length))


def resolution(k: int, generators: Generators) -> int | None:
    """Length of the shortest word of the defining relation; None when there is none (all combinations).

    >>> resolution(3, ((0, 1),)), resolution(3, ())
    (3, None)
    """
    words = defining_relation(k, generators)
    return min(map(len, words)) if words else None


def aliases(generators: Generators, names: Sequence[str], longest: int = 3) -> list[list[str]]:
    """Which terms a fraction cannot tell apart: a list for each main effect or two-way interaction that has aliases.

    ``names`` are the names of all factors, the added ones last. The effect stands first, then its aliases of up to
    ``longest`` factors, joined by ``*``. An effect without such an alias has no list.

    >>> aliases(((0, 1, 2, 3),), ["a", "b", "c", "d", "e"])[0]
    ['a*b', 'c*d*e']
    """
    k = len(names)
    relation = [sum(1 << factor for factor in word) for word in defining_relation(k, generators)]
    groups: list[list[str]] = []
    seen: dict[Word, None] = {}
    for term in (term for order in (1, 2) for term in combinations(range(k), order)):
        mask = sum(1 << factor for factor in term)
        others = sorted((_word(mask ^ word) for word in relation), key=_by_length)
        others = [word for word in others if 0 < len(word) <= longest]
        if others and term not in seen:
            groups.append(["*".join(names[factor] for factor in word) for word in (term, *others)])
            seen.update(dict.fromkeys(others))
    return groups


def _masks(k: int, generators: Generators) -> list[int]:
    """Each generator with the factor that it adds, as bits; ValueError when a word is not one of factors before it."""
    base = k - len(generators)
    masks = []
    for at, word in enumerate(generators):
        added = base + at
        if not word or len(set(word)) < len(word) or not all(0 <= factor < added for factor in word):
            raise ValueError(f"factor {added} must be a product of different factors below it, not of {word}")
        masks.append(sum(1 << factor for factor in (*word, added)))
    return masks


def _word(mask: int) -> Word:
    return tuple(factor for factor in range(mask.bit_length()) if mask >> factor & 1)


def _by_length(word: Word) -> tuple[int, Word]:
    return len(word), word
