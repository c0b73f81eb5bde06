"""Keyed draws: published known answers, the counter's layout, independence and uniformity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bscsim.rules import draws

ONES = 0xFFFFFFFF
KEY = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_random123s_known_answers(counter, key, answer):
    """kat_vectors of Random123 1.14 (Salmon et al. 2011) for philox4x32-10."""
    assert draws.philox(*counter, *key) == answer


def test_philox_agrees_with_numpy_on_random_keys():
    """NumPy ships Philox4x64; its 4x32 cousin is checked against a second, loop-free transcription in big integers."""

    def reference(counter, key):
        c, k = list(counter), list(key)
        for _ in range(10):
            hi0, lo0 = divmod(0xD2511F53 * c[0], 2**32)
            hi1, lo1 = divmod(0xCD9E8D57 * c[2], 2**32)
            c = [hi1 ^ c[1] ^ k[0], lo1, hi0 ^ c[3] ^ k[1], lo0]
            k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
        return tuple(c)

    rng = np.random.default_rng(1)
    for row in rng.integers(0, 2**32, size=(200, 6)):
        words = [int(word) for word in row]
        assert draws.philox(*words) == reference(words[:4], words[4:])


def test_streams_have_ids_of_their_own_that_fit_the_counter():
    ids = list(draws.STREAMS.values())
    assert len(ids) == len(set(ids)) > 20
    assert all(0 < value < 2**16 for value in ids)


def test_registry_is_frozen():
    """An id that changes changes every result: only additions are allowed within a stream version."""
    assert draws.STREAM_VERSION == 1
    assert {name: draws.STREAMS[name] for name in ("CENTER_SIZE", "EXIT_THRESHOLD", "ATTENDANCE", "PDSA", "CHILD")} == {
        "CENTER_SIZE": 1, "EXIT_THRESHOLD": 6, "ATTENDANCE": 12, "PDSA": 13, "CHILD": 26,
    }  # fmt: skip


@given(KEY, KEY, KEY, st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1), st.integers(0, 2**63 - 1))
def test_every_part_of_the_key_counts_and_values_stay_inside(replicate, entity, item, step, stream, seed):
    one = draws.uniform(seed, replicate, entity, item, step, stream)
    assert 0.0 < one < 1.0
    others = [
        draws.uniform(seed ^ 1, replicate, entity, item, step, stream),
        draws.uniform(seed ^ (1 << 40), replicate, entity, item, step, stream),
        draws.uniform(seed, replicate ^ 1, entity, item, step, stream),
        draws.uniform(seed, replicate, entity ^ 1, item, step, stream),
        draws.uniform(seed, replicate, entity, item ^ 1, step, stream),
        draws.uniform(seed, replicate, entity, item, step ^ 1, stream),
        draws.uniform(seed, replicate, entity, item, step, stream ^ 1),
    ]
    assert one not in others
    assert draws.uniform2(seed, replicate, entity, item, step, stream)[0] == one
    assert all(0.0 < u < 1.0 for u in draws.uniform4(seed, replicate, entity, item, step, stream))


def test_extreme_words_stay_strictly_inside_the_unit_interval():
    assert 0.0 < draws._unit(0, 0) < draws._unit(ONES, ONES) < 1.0


@given(st.integers(0, 1023), st.integers(0, 65535), st.integers(0, 63))
def test_staff_items_are_unique(slot, occupant, driver):
    item = draws.staff_item(slot, occupant, driver)
    assert 0 <= item < 2**32
    assert (item >> 22, (item >> 6) & 0xFFFF, item & 63) == (slot, occupant, driver)


@pytest.mark.parametrize("part", ["replicate", "entity", "item", "step", "stream"])
def test_neighbouring_keys_give_independent_uniforms(part):
    """Kolmogorov-Smirnov at 1e-4 and lag-one correlation within 4.5 standard errors over 4,000 neighbouring keys."""
    base = {"replicate": 3, "entity": 5, "item": 7, "step": 11, "stream": 13}
    values = np.array([draws.uniform(1, **{**base, part: n}) for n in range(4000)])
    assert stats.kstest(values, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 4.5 / np.sqrt(4000)
