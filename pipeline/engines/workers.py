"""Work done by several threads at once, in order and no further ahead than they can do."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

R = TypeVar("R")
T = TypeVar("T")


def in_order(work: Callable[[T], R], things: Iterable[T], workers: int) -> Iterator[R]:
    """What `work` makes of each thing, in order; while `workers` are busy, this thread makes a few more ready."""
    pool = ThreadPoolExecutor(workers)
    ahead: deque[Future[R]] = deque()
    try:
        for thing in things:
            ahead.append(pool.submit(work, thing))
            if len(ahead) > 2 * workers:  # a slow one lets the others go on
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Things as they come, `size` at once."""
    left = iter(things)
    while batch := list(itertools.islice(left, size)):
        yield batch
