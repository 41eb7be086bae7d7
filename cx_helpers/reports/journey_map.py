"""The journey map: every touchpoint in order, what we delivered above what customers lived.

The signature figure of the workbench. Wide it is one drawing of two lanes (`journey_wide`); narrow it is a
list by stage (`journey_list`), because a journey of ten steps cannot be read across a phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from cx_helpers.reports.axes import need
from cx_helpers.reports.journey import Journey, arrange, told
from cx_helpers.reports.journey_list import journey_list
from cx_helpers.reports.journey_said import unknown
from cx_helpers.reports.journey_wide import journey_sheets, journey_wide
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.plots import Drawing
from cx_helpers.reports.sentences import Sentences

MOST_ACROSS = 9


def journey_map(steps: pd.DataFrame, inputs: pd.DataFrame, scores: pd.DataFrame, lived: Mapping[str, pd.DataFrame] | None = None) -> Drawing:
    """The journey map of a study.

    Parameters
    ----------
    steps : DataFrame
        A row a touchpoint, in order: stage, stage_label, touchpoint, label, owner, moment_of_truth, volume,
        volume_share, drop_off_share with low and high, n, hours_median with low and high, shown.
    inputs : DataFrame
        touchpoint, label, unit_of_measure, better, standard, value, low, high, n, standing, shown. At most two
        a touchpoint are drawn, those that miss their standard first; all are in the twin.
    scores : DataFrame
        touchpoint (``overall`` is what is remembered), kind, label, scale_min, scale_max, target, value, low,
        high, n, shown. Scores on the scale most of them share are drawn on one axis, the others said in words.
    lived : mapping of DataFrames, optional
        What else is known of what customers lived, each optional; what is missing is named. felt (touchpoint, emotion,
        value, low, high, n, shown), spoken (touchpoint, label, value, low, high, n, of, shown: the first of a touchpoint
        is drawn), quotes (touchpoint, text, n), moments (touchpoint, moment: lowest, highest or end), memory (part, value,
        low, high: shares of what is remembered), intents (intent, n, shown).
    """
    need(steps, ("touchpoint", "label", "volume"), "journey_map steps")
    need(inputs, ("touchpoint", "label", "value", "low", "high", "n"), "journey_map inputs")
    need(scores, ("touchpoint", "label", "value", "low", "high", "n"), "journey_map scores")
    journey = arrange(steps, inputs, scores, lived)
    return Drawing(
        draw=lambda say, narrow, name: journey_list(journey, say) if narrow else _wide(journey, say, name),
        title=lambda say: title(journey, say),
        desc=lambda say: alternative(journey, say),
        tables=(
            ("twin.steps", steps, layout("steps")),
            ("twin.inputs", inputs.merge(_names(steps), on="touchpoint", how="left"), layout("inputs")),
            ("twin.scores", scores.drop(columns="touchpoint_label", errors="ignore").merge(_names(steps), on="touchpoint", how="left"), layout("scores")),
        ),
        kind="map",
        marks="marks.map" if "standard" in inputs and inputs["standard"].notna().any() else "marks.map_plain",
    )


def _wide(journey: Journey, say: Sentences, name: str) -> str:
    """One drawing, or two below each other, split between stages, where the columns would be too narrow to read; for paper a sheet a lane."""
    parts = [journey]
    if len(journey.steps) > MOST_ACROSS:
        stages = [str(step.row.get("stage")) for step in journey.steps]
        starts = [place for place in range(1, len(stages)) if stages[place] != stages[place - 1]] or [len(stages) // 2]
        cut = min(starts, key=lambda place: abs(place - len(stages) / 2))
        parts = [replace(journey, steps=journey.steps[:cut], remembered=[], weights=[]), replace(journey, steps=journey.steps[cut:])]
    out = []
    for place, part in enumerate(parts):
        drawn = (say, f"{name}-{place}" if len(parts) > 1 else name, title(part, say), alternative(part, say), journey)
        screen, sheets = journey_wide(part, *drawn), journey_sheets(part, say, f"{drawn[1]}-p", *drawn[2:])
        out.append(f'<div class="part"><div class="onscreen">{screen}</div><div class="onpaper">{sheets}</div></div>' if sheets else f'<div class="part">{screen}</div>')
    return "".join(out)


def _names(steps: pd.DataFrame) -> pd.DataFrame:
    return steps[["touchpoint", "label"]].rename(columns={"label": "touchpoint_label"})


def title(journey: Journey, say: Sentences) -> str:
    return say.say("map.title", count=len(journey.steps))


def alternative(journey: Journey, say: Sentences) -> str:
    """What the map shows, for who cannot see it: order, misses, extremes, gaps, what is remembered."""
    out = [say.say("map.desc", labels=[s.label for s in journey.steps])]
    missed = [f"{s.label}, {i['label']}" for s in journey.steps for i in s.inputs if i.get("standing") == "misses" and told(i)]
    if missed:
        out.append(say.say("map.desc.missed", labels=missed))
    rated = [s for s in journey.steps if s.score and told(s.score)]
    if rated:
        low, high = (pick(rated, key=lambda s: s.score["value"]) for pick in (min, max))
        out.append(say.say("map.desc.lowest", label=low.label, value=low.score, best=high.label, most=high.score))
    unasked = [s.label for s in journey.steps if s.score is None]
    if unasked:
        out.append(say.say("map.desc.unasked", labels=unasked))
    gaps = unknown(journey)
    if gaps:
        out.append(say.say("map.unknown", labels=[say.say(gap) for gap in gaps]))
    out += [say.say("map.desc.remembered", label=r["label"], value=r) for r in journey.remembered if told(r)]
    return " ".join(" ".join(out).split())
