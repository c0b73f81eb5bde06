"""Fractions: resolution and aliases by brute force over all words and columns, and that none smaller would do."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from bscsim.sweeps.fractions import Generators, aliases, defining_relation, fraction, full, resolution


def constant_words(signs: np.ndarray) -> list[tuple[int, ...]]:
    """All products of factors that are 1 in every cell, tried one by one."""
    k = signs.shape[1]
    words = [word for size in range(1, k + 1) for word in combinations(range(k), size)]
    return [word for word in words if (signs[:, word].prod(axis=1) == 1).all()]


def made(k: int, generators: Generators) -> np.ndarray:
    """The signs that generators stand for, a column at a time."""
    signs = full(k - len(generators))
    for word in generators:
        signs = np.column_stack([signs, signs[:, word].prod(axis=1)])
    return signs


@pytest.mark.parametrize("k", range(1, 7))
def test_a_full_design_has_every_combination_once(k: int) -> None:
    signs = full(k)
    assert len(np.unique(signs, axis=0)) == len(signs) == 2**k
    assert np.array_equal(signs.T @ signs, 2**k * np.eye(k))


@pytest.mark.parametrize(
    ("k", "cells", "shortest"),
    [(5, 16, 5), (6, 32, 6), (7, 64, 7), (8, 64, 5), (9, 128, 6), (10, 128, 5), (11, 128, 5)],
)
def test_fractions_have_the_published_resolution(k: int, cells: int, shortest: int) -> None:
    """Montgomery, table 8.14; the shortest constant word is found by trying all words."""
    signs, generators = fraction(k)
    assert signs.shape == (cells, k)
    assert len(np.unique(signs, axis=0)) == cells
    words = constant_words(signs)
    assert min(map(len, words)) == shortest == resolution(k, generators)
    assert list(defining_relation(k, generators)) == words
    assert len(words) == 2 ** len(generators) - 1
    assert (made(k, generators) == signs).all()


@pytest.mark.parametrize("k", [5, 8, 11])
def test_main_effects_and_interactions_have_orthogonal_columns(k: int) -> None:
    signs = fraction(k).signs
    columns = [signs[:, term].prod(axis=1) for order in (0, 1, 2) for term in combinations(range(k), order)]
    matrix = np.column_stack(columns)
    assert np.array_equal(matrix.T @ matrix, len(signs) * np.eye(len(columns)))


@pytest.mark.parametrize("k", [5, 6, 7, 9, 10])
def test_no_regular_fraction_of_half_the_cells_has_resolution_five(k: int) -> None:
    """All sets of generators that could be: words of five or more, so products of four or more base factors."""
    added = len(fraction(k).generators) + 1
    base = k - added
    masks = [mask for mask in range(1 << base) if mask.bit_count() >= 4]
    for chosen in combinations(masks, added):
        products = [0]
        for at, mask in enumerate(chosen):
            products += [word ^ (mask | 1 << (base + at)) for word in products]
        assert min(word.bit_count() for word in products[1:]) < 5


@pytest.mark.parametrize("k", [8, 11])
def test_half_the_cells_are_too_few_to_count_the_effects(k: int) -> None:
    """With 8 factors 32 cells, with 11 factors 64 cells: fewer than the mean, main effects and interactions."""
    assert 1 + k + k * (k - 1) // 2 > len(fraction(k).signs) // 2


@pytest.mark.parametrize("k", range(1, 5))
def test_few_factors_take_all_combinations(k: int) -> None:
    signs, generators = fraction(k)
    assert (signs == full(k)).all()
    assert (generators, resolution(k, generators), aliases(generators, list("abcd")[:k])) == ((), None, [])


@pytest.mark.parametrize(
    ("k", "generators", "expected"),
    [(3, ((0, 1),), 3), (4, ((0, 1, 2),), 4), (7, ((0, 1), (0, 2), (1, 2), (0, 1, 2)), 3),
     (6, ((0, 1, 2), (1, 2, 3)), 4), (5, ((0, 1, 2), (0, 1, 2)), 2)],
)  # fmt: skip
def test_resolution_of_other_fractions(k: int, generators: Generators, expected: int) -> None:
    """The last makes one factor a copy of another: a word of two."""
    assert resolution(k, generators) == expected == min(map(len, constant_words(made(k, generators))))


@pytest.mark.parametrize(("k", "generators"), [(5, ((0, 1, 2, 3),)), (4, ((0, 1, 2),)), (8, fraction(8).generators)])
def test_aliases_are_the_terms_with_equal_columns(k: int, generators: Generators) -> None:
    signs, names = made(k, generators), [f"e{i}" for i in range(k)]
    found = {group[0]: set(group[1:]) for group in aliases(generators, names)}
    told = {alias for group in found.values() for alias in group}
    terms = [term for order in (1, 2, 3) for term in combinations(range(k), order)]
    for term in terms[: k + k * (k - 1) // 2]:
        column = signs[:, term].prod(axis=1)
        equal = {"*".join(names[i] for i in other) for other in terms
                 if other != term and (signs[:, other].prod(axis=1) == column).all()}  # fmt: skip
        name = "*".join(names[i] for i in term)
        assert found.get(name, set()) == equal or (name in told and name not in found)


def test_only_three_way_interactions_hide_behind_those_of_two_at_resolution_five() -> None:
    groups = aliases(fraction(5).generators, list("abcde"))
    assert len(groups) == 10
    assert all(len(first.split("*")) == 2 and len(second.split("*")) == 3 for first, second in groups)


def test_two_interactions_that_are_one_are_listed_once() -> None:
    """D = ABC: each main effect hides a three-way interaction, and pairs of pairs are one."""
    groups = aliases(((0, 1, 2),), list("abcd"))
    assert groups[:4] == [["a", "b*c*d"], ["b", "a*c*d"], ["c", "a*b*d"], ["d", "a*b*c"]]
    assert groups[4:] == [["a*b", "c*d"], ["a*c", "b*d"], ["a*d", "b*c"]]


def test_impossible_fractions_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 11 factors, not 12"):
        fraction(12)
    with pytest.raises(ValueError, match="factor 3 must be a product of different factors below it"):
        resolution(4, ((0, 3),))
