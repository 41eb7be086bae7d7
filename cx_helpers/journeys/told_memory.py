"""What the page says of remembering: whether the worst moment and the end count beyond the average."""

from __future__ import annotations

import pandas as pd

from cx_helpers.estimates.families import chance
from cx_helpers.findings import Finding
from cx_helpers.journeys.memory import FEWEST_JOURNEYS, FEWEST_STEPS, Memory

LINK = "#what-is-remembered"
BEYOND = ("peak_end", "worst", "end")
Message = tuple[str, dict]


def memory_headline(found: Memory) -> Message:
    """What is remembered beyond the average, or why that cannot be said."""
    if found.verdict == "too_few":
        return ("memory.too_few" if found.journeys else "memory.none", {"n": found.journeys, "steps": FEWEST_STEPS, "fewest": FEWEST_JOURNEYS})
    both = found.comparison.attrs["both"]
    return (f"memory.{found.verdict}", {"value": both, "n": both["n"]})


def memory_how(found: Memory, label: str, journeys: str) -> Message:
    """Who is counted, and how reliable the mean of their answers is."""
    return ("memory.how", {"label": label, "journeys": journeys, "n": found.journeys, "customers": found.customers, "steps": FEWEST_STEPS,
                           "reliability": found.reliability})  # fmt: skip


def memory_weights(found: Memory) -> pd.DataFrame:
    """`Memory.weights` with label (a message) for readers; shares are missing where they add up to nothing."""
    return found.weights.assign(label=[f"memory.part.{part}" for part in found.weights["part"]])


def memory_models(found: Memory) -> pd.DataFrame:
    """`Memory.comparison` with label (a message) and says: "adds" or "no clear gain"."""
    rows = found.comparison
    says = (rows["low"] > 0).map({True: "adds", False: "no clear gain"})
    return rows.assign(label=[f"memory.model.{model}" for model in rows["model"]], says=says)


def memory_findings(found: Memory, label: str, confidence: float = 0.95) -> list[Finding]:
    """That the worst moment or the end is remembered beyond the average; nothing where it is not.

    Weight: every journey has an end and a worst moment; the size is what a usual difference in them (one standard deviation) moves
    the remembered score, as a share of its scale.
    """
    if found.verdict not in BEYOND:
        return []
    both = found.comparison.attrs["both"]
    parts = {"peak_end": ["worst", "end"]}.get(found.verdict, [found.verdict])
    rows = found.weights.set_index("part").loc[parts]
    share = found.weights.set_index("part")["value"]
    args = {"label": label, "worst": share["worst"], "end": share["end"]}
    return [Finding(f"memory.{found.verdict}.finding", args, both["value"], both["low"], both["high"], both["n"], both["method"], "associated",
                    weight=min(float(rows["moves"].sum()), 1.0), link=LINK, p=chance(both["value"], both["low"], both["high"], both["n"], confidence))]  # fmt: skip
