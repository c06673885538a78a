"""A process that forks, and a home with all that a person can have typed, once for each module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.forks import Forks
from tests.faults.states import begun, edited


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return edited(forks, begun(tmp_path_factory.mktemp("whole")))
