"""Stored, in memory, stock: the same at every step."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.engine.drawings import DRAWINGS, STOCK_ERRS
from tests.runtime.engine.lockstep import Lockstep
from tests.runtime.engine.sketches import sketches

choices = st.lists(st.integers(0, 999), min_size=6, max_size=14)


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("x", [0, 3, 9])
def test_a_case_goes_the_same_way_stored_in_memory_and_by_stock(name, x):
    for seed in range(4):
        chance = random.Random(seed)
        case = Lockstep(DRAWINGS[name], {"x": x}, stock=name not in STOCK_ERRS)
        for _ in range(12):
            if not case.act(chance.randrange(1000)):
                break


@settings(max_examples=120, deadline=None)
@given(sketches(joins_in_loops=False), st.integers(0, 9), choices)
def test_any_drawing_goes_the_same_way_stored_in_memory_and_by_stock(drawing, x, choices):
    case = Lockstep([drawing], {"x": x})
    for choice in choices:
        if not case.act(choice):
            break


@settings(max_examples=150, deadline=None)
@given(sketches(joins_in_loops=True), st.integers(0, 9), choices)
def test_any_drawing_goes_the_same_way_stored_and_in_memory_and_never_loses_a_token(drawing, x, choices):
    case = Lockstep([drawing], {"x": x}, stock=False)
    for choice in choices:
        if not case.act(choice):
            break
    assert case.memory.ended or case.actions()
