"""What the page says of side effects: the table, the path of what backfires, and the findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL, Journey, label_in
from cx_helpers.drivers.side_effects import SideEffects, side_effects
from cx_helpers.estimates.families import chance
from cx_helpers.findings import Finding

LINK = "#what-it-might-break"
AT = "@time"
VERDICTS = ("backfires", "harms later", "helps here, nothing later", "lifts throughout", "lifts later", "not told apart", "no clear effect", "not told")
MOST_DRAWN = 2
NUMBERS = ("local", "local_low", "local_high", "total", "total_low", "total_high", "low", "high", "towards_share", "n")
Message = tuple[str, dict]


def counted_ever(journey: Journey) -> list[str]:
    """Inputs that count whether they ever were 1 over a journey."""
    return [name for name, item in journey.inputs.items() if item.counts == "ever"]


def as_ended(facts: pd.DataFrame, journey: Journey, language: str = "en") -> pd.DataFrame:
    """`facts` with the label an input has where it counts whether it ever was 1."""
    ever = {name: label_in(item.ever, language) for name, item in journey.inputs.items() if item.counts == "ever" and item.ever}
    return facts.assign(label=[ever.get(measure, label) for measure, label in zip(facts["measure"], facts["label"], strict=True)])


def of_journeys(lived: pd.DataFrame, facts: pd.DataFrame, journey: Journey, drivers: Sequence[str], primary: str, **options: Any) -> SideEffects:
    """`side_effects` of a brand's inputs, in the order of its journey.

    Parameters
    ----------
    lived : DataFrame
        As `tables.timed.journeys_in_time` gives it, with the columns named in `options`.
    facts : DataFrame
        As `tables.measures.measures` gives it.
    drivers : inputs asked; all others may be affected
    primary : the remembered score
    options : controls, weights, cluster and confidence of `side_effects`
    """
    inputs = facts[(facts["role"] == "input") & facts["input"].isin(lived.columns)]
    scores = facts.loc[(facts["role"] == "output") & (facts["touchpoint"] != OVERALL), "measure"]
    outputs = [name for name in scores if name in lived and name != primary]
    asked = inputs[inputs["input"].isin(list(drivers))]
    if primary not in lived:
        lived = lived.assign(**{primary: np.nan})
    times = {name.removesuffix(AT): name for name in lived if name.endswith(AT)}
    order = [point.id for point in journey.touchpoints]
    return side_effects(lived, asked, outputs, total=primary, order=order, times=times, also=inputs, **options)


def told_table(found: SideEffects, facts: pd.DataFrame) -> pd.DataFrame:
    """`SideEffects.summary` as the page shows it, what harms first.

    Returns
    -------
    DataFrame: label, touchpoint_label, step (a message: what one unit is), given (a message: among whom, or with what else it goes), local with its joint interval (left out where no row has
    one), local_label, unit_of_measure and
    statistic (of local), total with its joint interval, harmed_labels, verdict, n, and the columns of the summary.
    """
    words = facts.drop_duplicates("measure").set_index("measure")
    joint = found.detail.set_index(["input", "affected"])[["joint_low", "joint_high"]]
    rows = []
    for row in found.summary.to_dict("records"):
        name, on = row["input"], row["local_on"]
        units = words.loc[on] if on else {"label": "", "unit_of_measure": "", "statistic": ""}
        for side, affected in (("local", on), ("total", found.summary.attrs["total"])):
            if (name, affected) in joint.index:
                row[f"{side}_low"], row[f"{side}_high"] = joint.loc[(name, affected)]
        rows.append(row | {
            "label": words.loc[name, "label"], "touchpoint_label": words.loc[name, "touchpoint_label"], "step": step(row, words.loc[name, "unit_of_measure"]),
            "local_label": units["label"], "unit_of_measure": units["unit_of_measure"], "statistic": "",
            "harmed_labels": [words.loc[one, "label"] for one in row["harmed"]],
            "given": _among(row, words["label"]),
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=None if rows else [*found.summary.columns, "label"])
    if table["local"].isna().all():
        table = table.drop(columns=["local", "local_low", "local_high"])
    return table.sort_values("verdict", key=lambda v: v.map(VERDICTS.index), kind="stable", ignore_index=True)


def _among(row: Mapping[str, Any], labels: pd.Series) -> Message | str:
    """Without which others an input is not there, or which others of its moment it cannot be told from."""
    kind = "alike" if row["alike"] else "given"
    return (f"side_effects.{kind}", {"labels": [labels[one] for one in row[kind]]}) if row[kind] else ""


def step(row: Mapping[str, Any], unit: str) -> Message:
    """What is one unit of an input, in the direction in which it is told."""
    way = "less" if row["towards"] == "lower" else "more"
    if not np.isnan(row["towards_share"]):
        return (f"side_effects.yes_no_{way}", {})
    return (f"side_effects.share_{way}", {}) if unit == "share" else (f"side_effects.unit_{way}", {"one": 1, "unit_of_measure": unit})


def drawn(found: SideEffects) -> list[str]:
    """The inputs whose path is drawn: those that backfire, most loss first; where none does, the one that moves most further on."""
    table = found.summary[found.summary["total"].notna()]
    if (table["verdict"] == "backfires").any():
        bad = table[table["verdict"] == "backfires"]
        return list(bad.assign(loss=bad["total"].abs()).sort_values("loss", ascending=False, kind="stable")["input"].head(MOST_DRAWN))
    later = found.detail[found.detail["usable"] & ~found.detail["here"]]
    moved = later.groupby("input", sort=False)["affected"].count()
    return [str(moved.idxmax())] if len(moved) and moved.max() > 1 else []


def told_paths(found: SideEffects, facts: pd.DataFrame, journey: Journey, language: str = "en", minimum: int = 10) -> pd.DataFrame:
    """What the inputs of `drawn` move, in the order of the journey; what rests on fewer than `minimum` journeys is left out.

    Returns
    -------
    DataFrame, a row an input and affected variable: input, input_label, step (a message), label, stage_label (empty for what is remembered), role ("delivered" or
    "lived"), effect, low, high (joint), unit_of_measure, statistic, size, size_low, size_high (standard deviations, better positive), usable, says
    ("better", "worse", "no clear change"), n.
    """
    words = facts.drop_duplicates("measure").set_index("measure")
    stages = {point.id: label_in(stage.label, language) for stage in journey.stages for point in stage.touchpoints}
    parts = []
    for name in drawn(found):
        mine = found.detail[(found.detail["input"] == name) & (found.detail["n"] >= minimum)].sort_values(["place", "kind"], kind="stable")
        row = found.summary.set_index("input").loc[name]
        known = words.reindex(mine["affected"])
        parts.append(mine.assign(
            low=mine["joint_low"], high=mine["joint_high"], input_label=words.loc[name, "label"], label=known["label"].to_numpy(), stage_label=[stages.get(str(a).partition(".")[0], "") for a in mine["affected"]],
            role=np.where(mine["kind"] == "input", "delivered", "lived"), unit_of_measure=known["unit_of_measure"].to_numpy(), statistic=known["statistic"].to_numpy(),
            step=[step(row, words.loc[name, "unit_of_measure"])] * len(mine),
            says=np.where(~mine["usable"], "no clear change", np.where(mine["gain"].astype(bool), "better", "worse")),
        ))  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def side_effect_findings(
    found: SideEffects, facts: pd.DataFrame, outcome_label: str, minimum: int = 10, *, span: tuple[float, float] = (0.0, 1.0), confidence: float = 0.95,
) -> list[Finding]:
    """What backfires: a gain where it happens, a loss in the end, both beyond noise and on `minimum` journeys at least; most loss first.

    Weight: what all journeys would lose were the gain sought everywhere (of a yes-or-no input in those that are not so yet), as a share of `span`.
    """
    words = facts.drop_duplicates("measure").set_index("measure")
    table = told_table(found, facts)
    out = []
    enough = table[["n", "local_n"]].min(axis=1) >= minimum
    for row in table[(table["verdict"] == "backfires") & enough].to_dict("records"):
        share = 1.0 if np.isnan(row["towards_share"]) else row["towards_share"]
        reach = 1.0 if np.isnan(row["towards_share"]) else 1.0 - share
        way = "less" if row["towards"] == "lower" else "more"
        kind = "by" if np.isnan(row["towards_share"]) else f"yes_no_{way}"
        args = {
            "input": row["label"], "here": row["local_label"], "outcome": outcome_label, "step": [step(row, words.loc[row["input"], "unit_of_measure"])],
            "unit_of_measure": row["unit_of_measure"], "local": {"value": row["local"], "low": row["local_low"], "high": row["local_high"]},
            "share": float(share),
        }  # fmt: skip
        out.append(Finding(f"side_effects.backfires_{kind}", args, row["total"], row["total_low"], row["total_high"], int(row["n"]), row["method"],
                           "associated", weight=float(abs(row["total"]) * reach / (span[1] - span[0])), link=LINK,
                           p=chance(row["total"], row["total_low"], row["total_high"], row["n"], confidence)))  # fmt: skip
    return sorted(out, key=lambda finding: -finding.weight)


def side_effect_headline(found: SideEffects, outcome_label: str) -> Message:
    """How many backfire of those that can be judged, or why that cannot be seen."""
    if found.summary.empty:
        return ("side_effects.none_asked", {})
    verdicts = found.summary["verdict"]
    judged, bad = int((verdicts != "not told").sum()), int((verdicts == "backfires").sum())
    if not judged and (found.summary["local_on"] != "").any():
        return ("side_effects.no_end", {"outcome": outcome_label})
    if not judged:
        return ("side_effects.no_output_here", {"outcome": outcome_label, "count": len(verdicts)})
    return ("side_effects.some_backfire" if bad else "side_effects.none_backfires", {"count": bad or judged, "of": judged, "outcome": outcome_label})


def paths_headline(paths: pd.DataFrame, backfiring: Sequence[Finding]) -> Finding | Message:
    """The first that backfires; else how far the input drawn reaches."""
    later = paths[paths["usable"] & ~paths["here"].astype(bool)]
    return backfiring[0] if backfiring else ("side_effects.moves_on", {"input": paths["input_label"].iloc[0], "count": len(later)})


def side_effect_how(found: SideEffects, controls: Sequence[str], window: Sequence[str]) -> Message:
    """How it was found: what was held equal, how many comparisons were looked at together."""
    return ("side_effects.how", {"tested": found.summary.attrs["tested"], "window": list(window), "controls": list(controls)})


def paths_how(journey: Journey, language: str = "en") -> Message:
    """How the drawing is to be read."""
    return ("side_effects.paths_how", {"journeys": label_in(journey.journey.many, language)})


def paths_others(paths: pd.DataFrame) -> Message | None:
    """How many measures further on show no clear change; nothing where all do."""
    silent = int((~paths["usable"] & ~paths["here"].astype(bool)).sum())
    return ("side_effects.others", {"count": silent}) if silent else None
