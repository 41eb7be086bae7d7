"""Exact LMG beside pingouin and a plain numpy sweep, Johnson's weights beside relativeImp, and the bootstrap of importance.

    python benchmarks/drivers.py [--peer PYTHON] [--most-peer 18] [--runs 5]

PYTHON is an interpreter that has pingouin and relativeImp (they ask for an older pandas than this package). Without one the
peers' columns say so. Writes drivers.md beside this file: medians of one run; machines differ, read the ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd

from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.shares import shares_of_correlations

ROWS, DRAWS = 5_000, 1_000
PEERS = """
import sys, time, warnings
import pandas as pd
warnings.filterwarnings("ignore")
file, name = sys.argv[1:]
data = pd.read_csv(file)
drivers = [c for c in data if c != "y"]
if name == "pingouin":
    import pingouin
    run = lambda: pingouin.linear_regression(data[drivers], data["y"], relimp=True)["relimp"].tolist()[1:]
else:
    from relativeImp import relativeImp
    run = lambda: relativeImp(data, "y", drivers)["rawRelaImpt"].tolist()
began = time.perf_counter()
values = run()
print(time.perf_counter() - began, *values)
"""


def rows(drivers: int) -> pd.DataFrame:
    """Journeys with drivers that go together."""
    rng = np.random.default_rng(drivers)
    x = rng.normal(size=(ROWS, drivers)) + 0.6 * rng.normal(size=(ROWS, 1))
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(drivers)])
    return frame.assign(y=x @ rng.uniform(0, 0.4, drivers) + rng.normal(size=ROWS))


def sweep(matrix: np.ndarray) -> np.ndarray:
    """The yardstick: R2 of every subset by rank-one updates of whole arrays, then each driver's gains by subset size."""
    p = len(matrix) - 1
    order = [*range(1, p + 1), 0]
    left = matrix[np.ix_(order, order)][None]
    for _ in range(p):
        row, rest = left[:, 0, 1:], left[:, 1:, 1:]
        left = np.concatenate([rest, rest - row[:, :, None] * (row / left[:, :1, 0])[:, None, :]])
    r2 = 1 - left[:, 0, 0] / matrix[0, 0]
    size = sum((np.arange(2**p) >> j) & 1 for j in range(p))
    weight = np.array([1 / (p * np.prod([(p - 1 - i) / (i + 1) for i in range(s)])) for s in range(p)])
    out = np.empty(p)
    for j in range(p):
        parts, begun = r2.reshape(-1, 2, 2**j), size.reshape(-1, 2, 2**j)[:, 0]
        out[j] = (weight[begun] * (parts[:, 1] - parts[:, 0])).sum()
    return out


def timed(work, runs: int) -> tuple[float, np.ndarray]:
    """Median seconds after one run that is not counted, and what came out."""
    found, seconds = work(), []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), np.asarray(found)


def peer(python: str | None, name: str, file: Path) -> tuple[float, np.ndarray] | None:
    if python is None:
        return None
    done = subprocess.run([python, "-c", PEERS, str(file), name], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr.strip().splitlines()[-1]}")
    seconds, *values = map(float, done.stdout.split())
    return seconds, np.array(values)


def line(drivers: int, python: str | None, most_peer: int, runs: int, box: Path) -> str:
    data = rows(drivers)
    names = [c for c in data if c != "y"]
    file = box / f"drivers-{drivers}.csv"
    data.to_csv(file, index=False)

    def ours():
        return shares_of_correlations(np.corrcoef(data[["y", *names]].to_numpy().T))

    seconds, values = timed(ours, runs)
    plain, same = timed(lambda: sweep(np.corrcoef(data[["y", *names]].to_numpy().T)), runs)
    whole, _ = timed(lambda: relative_importance(data, "y", names, bootstrap=0), runs)
    far = np.abs(values - same).max()
    found = peer(python, "pingouin", file) if drivers <= most_peer else None
    cells = [f"{seconds:.3f}", f"{whole:.3f}", f"{plain:.3f} ({plain / seconds:.1f})", f"{found[0]:.2f} ({found[0] / seconds:,.0f})" if found else "not run"]
    far = max(far, np.abs(values - found[1]).max()) if found else far
    quick, weights = timed(lambda: shares_of_correlations(np.corrcoef(data[["y", *names]].to_numpy().T), "johnson"), runs)
    found = peer(python, "relativeImp", file)
    cells += [f"{quick:.4f}", f"{found[0]:.4f} ({found[0] / quick:.1f})" if found else "not run"]
    far = max(far, np.abs(weights - found[1]).max()) if found else far
    file.unlink()
    return f"| {drivers} | {' | '.join(cells)} | {far:.0e} |"


def bootstrap(runs: int) -> float:
    data = rows(12)
    names = [c for c in data if c != "y"]
    return timed(lambda: relative_importance(data, "y", names, bootstrap=DRAWS)["share"], runs)[0]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--peer", default=None)
    options.add_argument("--most-peer", type=int, default=18)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--box", type=Path, default=Path("."))
    given = options.parse_args()
    lines = [line(p, given.peer, given.most_peer, given.runs, given.box) for p in (12, 15, 18, 20)]
    drawn = bootstrap(min(given.runs, 3))
    text = [
        "# Importance of drivers beside peers", "",
        f"Written by `python benchmarks/drivers.py`: exact LMG on {ROWS:,} rows, medians of {given.runs} runs after one that is not counted "
        f"(peers once), {os.cpu_count()} cores, in one run. In brackets: how many times as long as ours. LMG: correlations and exact shares; beside it the "
        "whole of `relative_importance` (checks, effects, errors). Sweep: a plain vectorised numpy sweep over all subsets. pingouin: the same LMG. "
        "relativeImp has Johnson's weights, ours beside it. Difference: the largest of any share from a peer's. Not run: no interpreter with the peer "
        "was given, or more drivers than it was asked for.", "",
        "| drivers | LMG, s | relative_importance, s | sweep, s | pingouin, s | Johnson, s | relativeImp, s | difference |", "|---|---|---|---|---|---|---|---|",
        *lines, "", f"{DRAWS:,} bootstrap draws at 12 drivers, with intervals of share and rank: {drawn:.2f} s (promised: 5 s on 2 cores).", "",
    ]  # fmt: skip
    (Path(__file__).parent / "drivers.md").write_text("\n".join(text), encoding="utf-8")
    print("\n".join(text))


if __name__ == "__main__":
    main()
