"""What changed beyond noise: since the month before, the year before, and how much of it is who answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, Metric
from cx_helpers.estimates.families import adjusted, p_of, widened
from cx_helpers.journeys.mix import ALL, OTHER, UNKNOWN, mix_shift
from cx_helpers.journeys.scores import score
from cx_helpers.journeys.trends import eras

# comparison: how many months on each side, and how many months lie between a month and the one it is compared with
COMPARISONS = {"month": (1, 1), "year": (1, 12), "twelve": (12, 12)}
SPANS = {"quarter": 3, "year": 12}


def moves(
    sums: pd.DataFrame, journey: Journey, month: str, monthly: pd.DataFrame, *, metrics: Sequence[str] | None = None, confidence: float = 0.95
) -> pd.DataFrame:  # fmt: skip
    """How each score of a month compares: with the month before, the same month a year before, and twelve months with twelve.

    Parameters
    ----------
    sums : DataFrame
        touchpoint, metric, month, customer, n, weight, total, promoters, detractors, as `Study.group_sums` gives
        them with `customers`.
    monthly : DataFrame
        metric (full name), label, kind, scale_min, scale_max, month, shown and, where known, reworded: a comparison is
        left out where a month on either side is hidden (it would give the hidden one away), unknown, or asked otherwise.

    Returns
    -------
    DataFrame, a row a metric and comparison: metric, label, kind, scale_min, scale_max, comparison ("month", "year",
    "twelve"), months, before (lists of months), value (later less earlier, in points of the score), low, high (at
    `confidence`, not yet corrected: see `judged`), n (answers of both), method, p.
    """
    rows = []
    names = sums["touchpoint"].astype(str) + "." + sums["metric"].astype(str)
    for name in journey.metrics if metrics is None else metrics:
        seen, mine = monthly[monthly["metric"] == name], sums[names == name]
        for comparison in COMPARISONS:
            sides = _sides(comparison, month)
            if not _comparable(seen, sides):
                continue
            after, before = (mine[mine["month"].isin(side)] for side in sides)
            found = change(after, before, journey.metrics[name], confidence)
            facts = seen.iloc[-1][["metric", "label", "kind", "scale_min", "scale_max"]].to_dict()
            rows.append({**facts, "comparison": comparison, "months": sides[0], "before": sides[1],
                         "value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method})  # fmt: skip
    columns = ["metric", "label", "kind", "scale_min", "scale_max", "comparison", "months", "before", "value", "low", "high", "n", "method"]
    found = pd.DataFrame(rows, columns=columns)
    return found.assign(p=p_of(found, confidence))


def _sides(comparison: str, month: str) -> tuple[list[str], list[str]]:
    """The months compared, and those they are compared with."""
    length, back = COMPARISONS[comparison]
    last = pd.Period(month, "M")
    after = [str(last - place) for place in range(length - 1, -1, -1)]
    return after, [str(pd.Period(m, "M") - back) for m in after]


def _comparable(monthly: pd.DataFrame, sides: tuple[list[str], list[str]]) -> bool:
    """Whether every month of both sides is shown, and the question the same in all."""
    wanted = {month for side in sides for month in side}
    era = eras(monthly)
    rows = monthly["month"].isin(wanted)
    return set(monthly["month"][rows & monthly["shown"]]) == wanted and era[rows].nunique() == 1


def change(after: pd.DataFrame, before: pd.DataFrame, metric: Metric, confidence: float = 0.95) -> estimates.Estimate:
    """One score of two periods, later less earlier, from sums a customer; customers in both are counted as dependent.

    Parameters
    ----------
    after, before : DataFrame with customer, n, weight, total, promoters, detractors
    """
    columns = ["n", "weight", "total", "promoters", "detractors"]
    sides = [side.groupby("customer")[columns].sum() for side in (after, before)]
    people = sides[0].index.union(sides[1].index)
    sides = [side.reindex(people, fill_value=0.0) for side in sides]
    kind = "nps" if metric.kind == "nps" else "mean"
    found = estimates.difference_from_counts(*(_parts(side, kind) for side in sides), kind, confidence)
    plain = all((side["weight"] == side["n"]).all() for side in sides)
    return estimates.Estimate(found.value, found.low, found.high, int(sum(side["n"].sum() for side in sides)), found.method + ("" if plain else ", weighted"))


def _parts(side: pd.DataFrame, kind: str) -> tuple[np.ndarray, ...]:
    """What each customer gives, weights scaled to the number of answers."""
    scale = side["n"].sum() / side["weight"].sum()
    weight, total, promoters, detractors = (scale * side[name].to_numpy(dtype=float) for name in ("weight", "total", "promoters", "detractors"))
    return (promoters, np.maximum(weight - promoters - detractors, 0), detractors) if kind == "nps" else (total, weight)


def mixes(
    answers: pd.DataFrame, moved: pd.DataFrame, labels: Mapping[str, str], *, points: str = "points", fewest: int = 10,
    confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Each change of the headline score split into rates and mix, by each way of grouping who answered.

    Parameters
    ----------
    answers : DataFrame
        Of one metric: month, `points`, customer_id, weight and the columns of `labels`.
    moved : DataFrame
        The rows of `moves` of that metric: what is compared.
    labels : mapping of column (segment or unit) to its label
    fewest : int
        A level with fewer answers is counted with others; a column that leaves one level is left out.

    Returns
    -------
    DataFrame, a row a comparison and column: metric, label (of the score), kind, scale_min, scale_max, comparison, since (its word),
    months, before, by (column), by_label, level (whose share tells most of it), level_before, level_after (its
    shares, 0-1), level_apart (its mean less that of all, in points), value, low, high (the mix part), rate, rate_low,
    rate_high, change, change_low, change_high, n, method, p (of the mix part).
    """
    rows = []
    for row in moved.itertuples():
        after, before = (answers[answers["month"].isin(side)] for side in (row.months, row.before))
        for column, label in labels.items():
            found = mix_shift(before, after, points, column, fewest=fewest, confidence=confidence)
            levels = found[~found["level"].isin([ALL, OTHER, UNKNOWN])]
            if len(found) < 3 or levels.empty:
                continue
            whole = found.iloc[-1]
            top = levels.loc[_telling(levels, whole["mix"])]
            apart = np.mean([top["before"], top["after"]]) - np.mean([whole["before"], whole["after"]])
            rows.append({
                "metric": row.metric, "label": row.label, "kind": row.kind, "scale_min": row.scale_min, "scale_max": row.scale_max,
                "comparison": row.comparison, "since": f"since_{row.comparison}", "months": row.months, "before": row.before, "by": column, "by_label": label,
                "level": top["level"], "level_before": top["before_share"], "level_after": top["after_share"], "level_apart": apart,
                "value": whole["mix"], "low": whole["mix_low"], "high": whole["mix_high"], "rate": whole["rate"], "rate_low": whole["rate_low"],
                "rate_high": whole["rate_high"], "change": whole["change"], "change_low": whole["change_low"],
                "change_high": whole["change_high"], "n": int(whole["n"]), "method": whole["method"],
            })  # fmt: skip
    columns = ["metric", "label", "kind", "scale_min", "scale_max", "comparison", "since", "months", "before", "by", "by_label", "level", "level_before",
               "level_after", "level_apart", "value", "low", "high", "rate", "rate_low", "rate_high", "change", "change_low", "change_high", "n", "method"]  # fmt: skip
    found = pd.DataFrame(rows, columns=columns)
    return found.assign(p=p_of(found, confidence))


def _telling(levels: pd.DataFrame, mix: float):
    """The level to name: of those that grew and pull the way the whole part goes the strongest, else the strongest of all."""
    growing = levels[(levels["after_share"] > levels["before_share"]) & (np.sign(levels["mix"]) == np.sign(mix))]
    return (growing if len(growing) else levels)["mix"].abs().idxmax()


def judged(*frames: pd.DataFrame, confidence: float = 0.95) -> list[pd.DataFrame]:
    """Comparisons looked at together, corrected as one family.

    Parameters
    ----------
    frames : DataFrames
        Each with p and, where intervals stand for comparisons with nothing, value, low, high (at `confidence`) and n.

    Returns
    -------
    The frames with p_adjusted (Benjamini and Hochberg over all of them), tested (how many were), verdict ("up", "down",
    "no clear change", "" where p is unknown); low and high widened so that they exclude 0 just where the verdict is clear.
    """
    family = adjusted(np.concatenate([frame["p"].to_numpy(dtype=float) for frame in frames]) if frames else [])
    tested, start, out = int((~np.isnan(family)).sum()), 0, []
    for frame in frames:
        own = family[start : start + len(frame)]
        start += len(frame)
        apart = frame["value"] - frame["usual"] if "usual" in frame else frame["value"]
        clear = own <= 1 - confidence
        verdict = np.select([np.isnan(own), clear & (apart > 0), clear & (apart < 0)], ["", "up", "down"], "no clear change")
        frame = frame if "usual" in frame else widened(frame, family, confidence)
        out.append(frame.assign(p_adjusted=own, tested=tested, verdict=verdict))
    return out


def since(moved: pd.DataFrame, comparison: str = "month") -> dict[str, estimates.Estimate]:
    """The changes of one comparison, by metric."""
    rows = moved[moved["comparison"] == comparison]
    return {row.metric: estimates.Estimate(row.value, row.low, row.high, int(row.n), row.method) for row in rows.itertuples()}


def pooled(sums: pd.DataFrame, journey: Journey, month: str, monthly: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Each score over the last three and the last twelve months: what rolls with the month.

    Parameters
    ----------
    sums, monthly : as `moves` takes them

    Returns
    -------
    DataFrame, a row a metric and span: metric, span ("quarter", "year"), value, low, high (points of the score), n,
    method. Left out where a month in it is hidden, has no answer, or another question was asked in it.
    """
    rows = []
    names = sums["touchpoint"].astype(str) + "." + sums["metric"].astype(str)
    for name, metric in journey.metrics.items():
        for span, length in SPANS.items():
            months = [str(pd.Period(month, "M") - back) for back in range(length)]
            if _comparable(monthly[monthly["metric"] == name], (months, [])):
                mine = sums[(names == name) & sums["month"].isin(months)]
                columns = ["n", "weight", "total", "promoters", "detractors"]
                found = score(mine.groupby("customer", as_index=False)[columns].sum(), metric, confidence)
                rows.append({"metric": name, "span": span, "value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method})
    return pd.DataFrame(rows, columns=["metric", "span", "value", "low", "high", "n", "method"])


def with_moves(latest: pd.DataFrame, moved: pd.DataFrame, rolled: pd.DataFrame) -> pd.DataFrame:
    """The month's scores with their changes and rolling values beside them, a row a metric.

    Returns
    -------
    DataFrame: `latest` with change, change_low, change_high, change_verdict (since the month before), year_change and
    so on (since the same month a year before), twelve, twelve_low, twelve_high (the last twelve months pooled), twelve_change
    (value, low, high: since the twelve before), twelve_change_verdict and three (the last three months: value, low, high); only the groups of columns of which at least one metric has something.
    """
    out = latest.set_index("metric", drop=False)
    told = latest["metric"][latest["shown"]]
    for comparison, prefix in (("month", "change"), ("year", "year_change")):
        rows = moved[(moved["comparison"] == comparison) & moved["metric"].isin(told)].set_index("metric")
        if len(rows):
            names = {prefix: "value", f"{prefix}_low": "low", f"{prefix}_high": "high", f"{prefix}_verdict": "verdict"}
            out = out.assign(**{column: rows[part] for column, part in names.items()})
    spans = {span: rows.set_index("metric")[["value", "low", "high"]] for span, rows in rolled.groupby("span")}
    if "year" in spans:
        out = out.join(spans["year"].rename(columns=lambda part: "twelve" if part == "value" else f"twelve_{part}"))
    rows = moved[(moved["comparison"] == "twelve") & moved["metric"].isin(told)].set_index("metric")
    if len(rows):
        out = out.assign(twelve_change=pd.Series(rows[["value", "low", "high"]].to_dict("index"), dtype=object).reindex(out.index), twelve_change_verdict=rows["verdict"])
    if "quarter" in spans:
        out = out.assign(three=pd.Series(spans["quarter"].to_dict("index"), dtype=object).reindex(out.index))
    return out.reset_index(drop=True)
