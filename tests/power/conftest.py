"""Processes that run a power study of seconds, to be slowed down and killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.power.places import Place, stored, strays
from tests.power.studies import RELIABLE
from tests.sweeps.conftest import Server, serving

DRIVER = Path(__file__).with_name("driver.py")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Processes to start, slow down and kill."""
    yield from serving(DRIVER, tmp_path_factory.mktemp("outputs"))


@pytest.fixture(scope="session")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an uninterrupted run leaves: its blocks and its summary."""
    place = Place(tmp_path_factory.mktemp("whole"), server, RELIABLE)
    child = place.run()
    assert child.wait() == 0, child.text
    assert strays(place.out) == []
    return stored(place.out)


@pytest.fixture
def place(tmp_path: Path, server: Server) -> Place:
    return Place(tmp_path, server, RELIABLE)
