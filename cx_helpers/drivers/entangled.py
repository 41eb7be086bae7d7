"""Drivers that cannot be told apart: how far each is foretold by the others, and which two go together most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers.drivers.design import design
from cx_helpers.drivers.draws import of_data, of_draws

INFLATED = 5.0


def entangled(
    data: pd.DataFrame, outcome: str, drivers: Sequence[str], *, controls=(), weights=None, cluster=None, bootstrap: int = 200,
    confidence: float = 0.95, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Variance inflation of each driver once the controls are taken out, and the driver it goes with most.

    Parameters
    ----------
    data, outcome, drivers, controls, weights, cluster, confidence, seed
        As `importance.relative_importance`.
    bootstrap : int
        Draws for the interval of the correlation.

    Returns
    -------
    DataFrame, a row a driver, the most inflated first: driver; vif (1 or more: the variance of its effect is so many
    times what it would be alone); twin (the driver it correlates with most; "" where it is the only one); value, low, high
    (that correlation, -1 to 1); tangled (bool: vif of 5 or more); n; method; grade ("described").
    attrs: condition (root of the largest over the smallest eigenvalue of the correlations: 30 and more is trouble).

    Raises
    ------
    DataError
        As `design.design`: an exact combination is refused there.

    Notes
    -----
    A large inflation widens an effect's interval; it does not bias it, and no driver is dropped for it (O'Brien 2007,
    Quality & Quantity 41). Not a test of anything: 5 is a custom.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> wait = rng.normal(size=300)
    >>> frame = pd.DataFrame({"wait": wait, "queue": wait + 0.3 * rng.normal(size=300), "score": rng.normal(size=300)})
    >>> entangled(frame, "score", ["wait", "queue"])[["driver", "twin", "tangled"]].to_numpy().tolist()
    [['wait', 'queue', True], ['queue', 'wait', True]]
    """
    if not len(drivers):
        return pd.DataFrame({name: [] for name in ("driver", "vif", "twin", "value", "low", "high", "tangled", "n", "method", "grade")}).astype({"driver": str})
    d = design(data, outcome, drivers, controls, weights, cluster)
    p, names = len(d.drivers), np.array(d.drivers, dtype=object)
    r, draws = of_data(d).correlations()[0], of_draws(d, bootstrap, seed).correlations()
    closest = np.abs(r - np.eye(p)).argmax(axis=1) if p > 1 else np.zeros(1, dtype=int)
    tail, rows = 50 * (1 - confidence), np.arange(p)
    value = r[rows, closest] if p > 1 else np.full(1, np.nan)
    low, high = np.percentile(draws[:, rows, closest], [tail, 100 - tail], axis=0) if p > 1 else (value, value)
    vif = np.diag(np.linalg.inv(r))
    table = pd.DataFrame({
        "driver": names, "vif": vif, "twin": names[closest] if p > 1 else "", "value": value, "low": low, "high": high, "tangled": vif >= INFLATED,
        "n": d.n, "method": f"correlation after the controls, {bootstrap} bootstrap draws", "grade": "described",
    })  # fmt: skip
    table = table.sort_values("vif", ascending=False, kind="stable").reset_index(drop=True)
    sizes = np.linalg.eigvalsh(r)
    table.attrs = {"condition": float(np.sqrt(sizes[-1] / max(sizes[0], 1e-300)))}
    return table
