"""Segments: how each scores beside all others, whether it moved, and which of its cells may be shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, Metric, label_in
from cx_helpers.estimates.families import several
from cx_helpers.journeys.scores import scores
from cx_helpers.tables.disclosure import UNKNOWN, Disclosure, blank

MOST_LEVELS = 20
SCORE = ("score", "score_low", "score_high", "score_n")


def segment_rows(answers: pd.DataFrame, journey: Journey, metric: Metric | None, segments: Sequence[str], months: Sequence[str], language: str = "en",
                 confidence: float = 0.95) -> pd.DataFrame:  # fmt: skip
    """Each level of each segment: its score over the window, against all other answers, and its change from the first half
    of the window to the second.

    Parameters
    ----------
    answers : DataFrame
        Answers to one metric in the window, in one wording: score, weight, month, customer_id, response_id, and a column a segment.
    metric : None where no score is asked for: no rows then

    Returns
    -------
    DataFrame: segment, segment_label, level, value (points of an NPS, else the mean), low, high, n (answers), n_later (of the second half), others (difference from
    all other answers) with others_low, others_high, change (second half less first) with change_low, change_high, beside (that change
    less the change of all others) with beside_low, beside_high, verdict ("higher", "lower" than the others, "no clear difference"), moved (beside the
    others: "up", "down", "no clear change"), method. In the order of segments and levels.

    Notes
    -----
    Intervals of `others`, `change` and `beside` are Bonferroni-corrected for the number of levels, so that of all levels together one in
    twenty tables shows a difference that is none. Levels beyond 20 of a segment are passed over: they are units, not segments.
    """
    labels = {one.id: label_in(one.label, language) for one in journey.segments}
    later = answers["month"].isin(list(months)[len(months) // 2 :]).to_numpy()
    cells = []
    for segment in segments if metric is not None else ():
        level = answers[segment].astype(object).where(answers[segment].notna(), UNKNOWN).astype(str)
        names = sorted(level.unique())
        if 2 <= len(names) <= MOST_LEVELS:
            cells += [(segment, name, (level == name).to_numpy()) for name in names]
    corrected = several(confidence, len(cells))
    rows = []
    for segment, name, mine in cells:
        found = _level(answers[mine], metric, confidence)
        others = _apart(answers, mine, ~mine, metric, corrected)
        half = int((mine & later).sum())
        change = _apart(answers, mine & later, mine & ~later, metric, corrected)
        beside = _less(change, _apart(answers, ~mine & later, ~mine & ~later, metric, corrected))
        rows.append({"segment": segment, "segment_label": labels[segment], "level": name, "value": found.value, "low": found.low, "high": found.high, "n": found.n, "n_later": half,
                     "others": others.value, "others_low": others.low, "others_high": others.high, "change": change.value, "change_low": change.low,
                     "change_high": change.high, "beside": beside.value, "beside_low": beside.low, "beside_high": beside.high, "verdict": _way(others, "higher", "lower", "no clear difference"),
                     "moved": _way(beside, "up", "down", "no clear change"), "method": found.method})  # fmt: skip
    columns = ["segment", "segment_label", "level", "value", "low", "high", "n", "n_later", "others", "others_low", "others_high", "change", "change_low", "change_high",
               "beside", "beside_low", "beside_high", "verdict", "moved", "method"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _way(found: estimates.Estimate, above: str, below: str, neither: str) -> str:
    return above if found.low > 0 else below if found.high < 0 else neither


def _less(first: estimates.Estimate, second: estimates.Estimate) -> estimates.Estimate:
    """One change less another, of different answers: their half-widths add up as squares."""
    value, half = first.value - second.value, np.hypot(first.high - first.low, second.high - second.low) / 2
    return estimates.Estimate(value, value - half, value + half, first.n + second.n, first.method)


def _level(rows: pd.DataFrame, metric: Metric, confidence: float) -> estimates.Estimate:
    estimator = estimates.nps if metric.kind == "nps" else estimates.mean
    weights = None if (rows["weight"] == 1).all() else rows["weight"].to_numpy()
    return estimator(rows["score"].to_numpy(), weights, _people(rows), confidence)


def _apart(answers: pd.DataFrame, first: np.ndarray, second: np.ndarray, metric: Metric, confidence: float) -> estimates.Estimate:
    sides = [answers[first], answers[second]]
    if not all(len(side) for side in sides):
        return estimates.Estimate(np.nan, np.nan, np.nan, 0, "")
    weights = None if (answers["weight"] == 1).all() else tuple(side["weight"].to_numpy() for side in sides)
    kind = "nps" if metric.kind == "nps" else "mean"
    return estimates.difference(*(side["score"].to_numpy() for side in sides), kind, weights=weights, cluster=tuple(map(_people, sides)), confidence=confidence)


def _people(rows: pd.DataFrame) -> np.ndarray:
    return rows["customer_id"].fillna(rows["response_id"]).to_numpy()


def smaller_side(rows: pd.DataFrame) -> pd.Series:
    """The share of a segment's answers that a level holds, or that all its others hold, whichever is less: a level of nearly
    all customers differs because the few others do (0 to 0.5; by the answers that are shown)."""
    share = rows["n"] / rows.groupby("segment")["n"].transform("sum")
    return share.where(share <= 0.5, 1 - share)


def pull(rows: pd.DataFrame, among: pd.DataFrame) -> pd.Series:
    """What each level's difference from the others weighs: the difference times the smaller side, of `among`, all levels."""
    return rows["others"] * smaller_side(among).loc[rows.index]


def widest(rows: pd.DataFrame) -> str:
    """The segment with the level whose difference weighs most, of those beyond noise; "" where no level's is."""
    clear = rows[rows["verdict"].isin(["higher", "lower"]) & (rows["level"] != UNKNOWN)]
    return "" if clear.empty else str(clear.loc[pull(clear, rows).abs().idxmax(), "segment"])


def over_time(study, segment: str, confidence: float = 0.95) -> pd.DataFrame:
    """The remembered score of a study by month and level of one segment, disclosed, with label (the level), as
    `charts.trend` takes it; answers without a level left out; empty without a segment, or with one month only."""
    if not segment:
        return pd.DataFrame(columns=["metric", "month", "label", *SCORE])
    sums = study.group_sums(["touchpoint", "metric", "month", segment])
    monthly = scores(sums, study.brand.journey, ["month", segment], metrics=[study.primary], language=study.language, confidence=confidence)
    monthly = study.disclosure.hide(monthly, segment)
    known = monthly[(monthly[segment] != UNKNOWN) & (monthly["month"].nunique() > 1)]
    return known.assign(label=known[segment].astype(str))


def told_rows(rows: pd.DataFrame, disclosure: Disclosure, metric: str) -> pd.DataFrame:
    """`segment_rows` of a metric (full name) with what is too small hidden, and a change of which a half is too small.

    Adds shown, and quiet (bool: no level of the segment is told apart or moved); those segments come last. Without a change
    of any level its columns are left out.
    """
    if rows.empty:
        return rows.assign(shown=pd.Series(dtype=bool), quiet=pd.Series(dtype=bool))
    numbers = ("value", "low", "high", "n", "others", "others_low", "others_high")
    parts = []
    for segment, part in rows.groupby("segment", sort=False):
        hidden = disclosure.hide(part.assign(metric=metric, month="window", **{segment: part["level"]}), segment)["shown"]
        small = disclosure.small(part[["n"]])["shown"]
        parts.append(blank(part, (hidden & small).to_numpy(), numbers))
    out = pd.concat(parts, ignore_index=True)
    halves = (out["n_later"] >= disclosure.minimum) & (out["n"] - out["n_later"] >= disclosure.minimum)
    kept = {name: out[name].where(halves) for name in ("change", "change_low", "change_high", "beside", "beside_low", "beside_high")}
    out = out.assign(**kept, verdict=out["verdict"].where(out["shown"], ""), moved=out["moved"].where(halves, ""))
    # Segments in which something is told apart come first: what is noise is read last, or not at all.
    quiet = ~(out["verdict"].isin(["higher", "lower"]) | out["moved"].isin(["up", "down"])).groupby(out["segment"]).transform("any")
    alone = ["change", "change_low", "change_high"] if out["change"].isna().all() else []  # one month only: nothing to follow
    return out.drop(columns=["n_later", *alone]).assign(quiet=quiet).sort_values("quiet", kind="stable", ignore_index=True)


def without_small_scores(rows: pd.DataFrame, disclosure: Disclosure) -> pd.DataFrame:
    """Rows that add up to a known total, with scores of too few answers hidden."""
    keep = disclosure.small(pd.DataFrame({"n": rows["score_n"].fillna(0)}))["shown"].to_numpy() & (rows["score_n"] >= disclosure.minimum).to_numpy()
    return disclosure.small(rows, numbers=()).assign(**{name: rows[name].astype(float).where(keep) for name in SCORE})


def told_groups(frames: Sequence[pd.DataFrame], disclosure: Disclosure) -> list[pd.DataFrame]:
    """The groups of each behaviour (`behaviours.group_rows`) with what is too small hidden.

    Those who took only the first step, all but the last, and all steps add up to everybody: where one is hidden, the group
    from which it could be worked out is hidden too.
    """
    return [_told_group(rows, disclosure) for rows in frames]


def _told_group(rows: pd.DataFrame, disclosure: Disclosure) -> pd.DataFrame:
    numbers = [name for name in rows if name not in ("behaviour", "label", "group", "method")]
    n = rows.set_index("group")["n"]
    parts = pd.DataFrame({"n": [n["only_first"], n["until_last"] - n["whole"], n["whole"]]})
    only, short, whole = disclosure.small(parts)["shown"]
    shown = {"first": n["first"] >= disclosure.minimum, "only_first": only, "until_last": only and short == whole, "whole": whole and only}
    few = (rows["score_n"].fillna(0) < disclosure.minimum).any()
    rows = blank(rows, rows["group"].map(shown).to_numpy(dtype=bool), numbers)
    return rows.assign(**{name: rows[name].astype(float) * (np.nan if few else 1.0) for name in SCORE})
