"""Hinges: what a driver exceeds a place by, with all that is held equal taken out, for many places at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse

from cx_helpers.drivers.design import Design


@dataclass(frozen=True, eq=False)
class Held:
    """What is held equal: drivers (turned so that up is worse, scaled) and independent controls, times the root of the weights."""

    root: np.ndarray
    x: np.ndarray
    scale: np.ndarray
    z: np.ndarray
    basis: np.ndarray
    inverse: np.ndarray
    full: np.ndarray
    y: np.ndarray

    def out(self, columns: np.ndarray) -> np.ndarray:
        """The columns without what is held equal (Frisch, Waugh, Lovell); they are already times the root of the weights."""
        return columns - self.basis @ (self.basis.T @ columns)

    def hinges(self, x: np.ndarray, places: np.ndarray) -> np.ndarray:
        """What x exceeds each place by, without what is held equal."""
        return self.out(self.root[:, None] * np.maximum(x[:, None] - places, 0.0))

    @cached_property
    def leverage(self) -> np.ndarray:
        return (self.basis**2).sum(axis=1)

    @cached_property
    def columns(self) -> np.ndarray:
        """The basis and the outcome left, times the root of the weights once more."""
        return self.root[:, None] * np.column_stack([self.basis, self.y])


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over all that lies beyond a place, for any number of places: of hinges with columns, and their size; a row a distinct value of x."""

    x: np.ndarray
    beyond: np.ndarray
    times_x: np.ndarray
    size: np.ndarray

    def products(self, places: np.ndarray) -> np.ndarray:
        """Cross-products of each place's hinge with the columns."""
        first = np.searchsorted(self.x, places, side="right")
        return self.times_x[first] - places[:, None] * self.beyond[first]

    def squares(self, places: np.ndarray) -> np.ndarray:
        first = np.searchsorted(self.x, places, side="right")
        return self.size[first, 0] - 2 * places * self.size[first, 1] + places**2 * self.size[first, 2]


def sums_beyond(held: Held, x: np.ndarray, own: np.ndarray) -> Sums:
    """Columns: the basis, the outcome left, and `own`."""
    values, at = np.unique(x, return_inverse=True)
    of_value = sparse.csr_array((np.ones(len(x)), (at, np.arange(len(x)))), shape=(len(values), len(x)))
    columns = np.column_stack([of_value @ held.columns, of_value @ (held.root * own)])
    size = (of_value @ held.root**2)[:, None] * np.column_stack([values**2, values, np.ones(len(values))])
    return Sums(values, *(_from_above(part) for part in (columns, columns * values[:, None], size)))


def _from_above(columns: np.ndarray) -> np.ndarray:
    """At each row the sum of it and of all rows after it; one row more, of zeros."""
    return np.vstack([np.cumsum(columns[::-1], axis=0)[::-1], np.zeros(columns.shape[1])])


def held_equal_to(d: Design, signs: np.ndarray) -> Held:
    """What a design holds equal; `signs` turn each driver so that up is worse."""
    root = np.sqrt(d.weights)
    x = d.x * signs
    scale = x.std(axis=0)
    x = (x - x.mean(axis=0)) / scale
    z = root[:, None] * np.column_stack([x, d.controls])
    # Controls may repeat one another (a unit is of one kind): those that add nothing are left out.
    _, r, order = linalg.qr(np.linalg.qr(z, mode="r"), mode="economic", pivoting=True)
    size = np.abs(np.diag(r))
    kept = np.sort(order[: int((size > 1e-9 * size[0]).sum())])
    basis = np.linalg.qr(z[:, kept])[0]
    y = root * d.y
    return Held(root, x, scale, z[:, kept], basis, np.linalg.inv(z[:, kept].T @ z[:, kept]), y, y - basis @ (basis.T @ y))
