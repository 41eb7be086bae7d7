"""Two-way tables: no hidden cell follows from what is shown and the totals."""

import numpy as np
import pytest
from scipy.optimize import linprog

from cx_helpers.tables.crossed import crossed


def bounds(n, shown):
    """The lowest and highest that each hidden cell can be, given what is shown and all totals."""
    hidden = np.argwhere(~shown)
    rest = np.where(shown, 0, n)
    left = np.array([[*(hidden[:, 0] == i)] for i in range(n.shape[0])] + [[*(hidden[:, 1] == j)] for j in range(n.shape[1])], dtype=float)
    right = np.concatenate([rest.sum(1), rest.sum(0)])
    found = []
    for k in range(len(hidden)):
        ends = [linprog(sign * np.eye(len(hidden))[k], A_eq=left, b_eq=right, bounds=(0, None)).fun * sign for sign in (1, -1)]
        found.append(ends)
    return np.array(found)


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_cell_can_be_worked_out(seed):
    rng = np.random.default_rng(seed)
    n = rng.poisson(rng.choice([3, 15, 60], size=(rng.integers(2, 7), rng.integers(2, 7)))).astype(float)
    shown = crossed(n, 10)
    assert (n[shown & (n > 0)] >= 10).all()
    if (~shown).any():
        low, high = bounds(n, shown).T
        assert (high - low > 1e-6).sum() >= (n[~shown] > 0).sum() or (shown[n > 0]).sum() == 0


def test_a_bridge_between_two_blocks_is_seen():
    """Every line has two hidden cells or none, yet the cell that joins the blocks follows from the totals."""
    n = np.full((4, 4), 30.0)
    blocks = np.ones((4, 4), dtype=bool)
    blocks[:2, :2] = blocks[2:, 2:] = False
    blocks[1, 2] = False
    shown = crossed(n, 10, blocks)
    assert not shown[1, 2] and (~shown).sum() > (~blocks).sum()
    low, high = bounds(n, shown).T
    assert (high - low > 1e-6).all()


def test_one_line_follows_the_rule_of_the_pages():
    assert crossed(np.array([4, 40, 12, 0]), 10).tolist() == [False, True, False, True]
    assert crossed(np.array([4, 6, 12]), 10).tolist() == [False, False, True]
    assert crossed(np.array([40, 12]), 10).all()


def test_what_something_else_hides_stays_hidden_and_empty_cells_are_shown():
    shown = crossed(np.array([[50, 40, 0], [30, 60, 20], [20, 30, 40]]), 10, np.array([[False, True, True], [True] * 3, [True] * 3]))
    assert not shown[0, 0] and shown[0, 2] and (~shown).sum() == 4
