"""What is measured where it is spent: parts inside parts, threads, structures."""

from contextlib import suppress
from threading import Thread
from time import thread_time

import pytest

from dlrecipes.results import TimeSpent
from dlrecipes.training.stopwatch import Stopwatch, timed


class Clock:
    """Stands still unless told."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(clock):
    with Stopwatch(clock) as watch:
        yield watch


def in_thread(call):
    thread = Thread(target=call)
    thread.start()
    thread.join()


def test_a_part_counts_without_those_inside_it(watch, clock):
    with timed("probe"):
        clock.now += 1
        with timed("build"):
            clock.now += 2
            with timed("trace"):
                clock.now += 4
        with timed("build"):
            clock.now += 8
    assert watch.take() == TimeSpent({"trace": 4.0, "build": 10.0, "probe": 1.0})
    assert watch.take() == TimeSpent()


def test_what_is_inside_is_of_the_structure_that_is_found_afterwards(watch, clock):
    with timed("probe") as part:
        with timed("build"):
            clock.now += 1
        with timed("trace", "another"):
            clock.now += 2
        clock.now += 4
        part.structure = "key"
    with timed("wait"):
        clock.now += 8
    spent = watch.take()
    assert spent.structures == {"another": {"trace": 2.0}, "key": {"build": 1.0, "probe": 4.0}}
    assert spent.parts == {"trace": 2.0, "build": 1.0, "probe": 4.0, "wait": 8.0}
    assert (spent.preparing, spent.prepared) == (7.0, 1)


def test_other_threads_are_told_apart_but_belong_to_their_structure(watch, clock):
    def train():
        with timed("train", "key"):
            clock.now += 1
            with timed("evaluate"):
                clock.now += 2

    with timed("wait"):
        in_thread(train)
    spent = watch.take()
    assert spent.parts == {"wait": 3.0}
    assert spent.beside == {"train": 1.0, "evaluate": 2.0}
    assert spent.structures == {"key": {"train": 1.0, "evaluate": 2.0}}


def test_many_threads_lose_nothing():
    with Stopwatch() as watch:
        ticks = iter(range(10**6))
        watch._clock = lambda: float(next(ticks))

        def work():
            for _ in range(500):
                with timed("train", "key"):
                    pass

        threads = [Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert watch.take().beside["train"] >= 2000  # a tick at least in each


def test_an_error_ends_its_parts(watch, clock):
    with suppress(ValueError), timed("trace"), timed("compile"):
        clock.now += 1
        raise ValueError
    with timed("record"):
        clock.now += 2
    assert watch.take().parts == {"compile": 1.0, "trace": 0.0, "record": 2.0}


def test_each_call_of_a_function_is_measured_by_the_watch_that_runs_then(clock):
    @timed("build")
    def build():
        clock.now += 1
        return "model"

    assert build() == "model"  # nobody hears of it
    with Stopwatch(clock) as outer:
        with Stopwatch(clock) as inner:
            build()
        build()
        build()
    assert (inner.take().parts, outer.take().parts) == ({"build": 1.0}, {"build": 2.0})


def test_it_costs_microseconds():
    with Stopwatch():
        for number in range(1000):  # as after a long search
            with timed("trace", str(number)):
                pass
        began = thread_time()
        for _ in range(1000):
            with timed("train", "7"), timed("evaluate"):
                pass
        assert thread_time() - began < 0.2  # measured: 18 ms


def test_sums():
    one = TimeSpent({"build": 1.0}, {"train": 2.0}, {"a": {"build": 1.0}}, 3.0)
    other = TimeSpent({"build": 1.0, "fit": 2.0}, {}, {"a": {"trace": 1.0}, "b": {}}, 1.0)
    assert one.plus(other) == TimeSpent(
        {"build": 2.0, "fit": 2.0},
        {"train": 2.0},
        {"a": {"build": 1.0, "trace": 1.0}, "b": {}},
        4.0,
    )
