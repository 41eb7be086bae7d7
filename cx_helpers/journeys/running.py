"""What the page shows of how journeys run: the main ways, step by step, and the stretches that go with the score."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, Metric, label_in
from cx_helpers.estimates.families import adjusted
from cx_helpers.journeys import waiting
from cx_helpers.journeys.flow import loops
from cx_helpers.journeys.funnels import funnel
from cx_helpers.journeys.steps_taken import ARROW, tied_share
from cx_helpers.journeys.working_hours import WorkingHours

MAIN_WAYS = 7
MOST_TIED = 0.5
USUAL_STEP = 0.5
NO_NEWS = 0.1
STEP = ["touchpoint", "label", "owner", "n", "share", "low", "high", "in_order_share", "again_share", "again_low", "again_high", "moved_share",
        "unit_of_measure", "p", "now", "now_low", "now_high", "now_n", "usual", "usual_low", "usual_high", "usual_n"]  # fmt: skip
Message = tuple[str, dict]


def lived_steps(events: ir.Table, journeys: ir.Table, journey: Journey) -> tuple[ir.Table, str]:
    """The steps of some journeys, and what they lack.

    Returns
    -------
    Ibis table of the events at the brand's touchpoints, kept by the engine since many questions follow (the asking for
    feedback is no step of the journey); and a message: "" where ways can be told, flow.no_events where no step is
    recorded, flow.one_step where of no journey there are two, flow.no_order where most share their moment with another.
    Then the table is empty: an order that nobody recorded is not made up.
    """
    points = _order(journey)
    found = events.filter(events.touchpoint.isin(points or [""])).semi_join(journeys, "journey_id")
    found = found.select("event_id", "journey_id", "customer_id", "touchpoint", "started_at").cache()
    tied = tied_share(found)
    alone = bool((found.count() == found.journey_id.nunique()).as_scalar().execute())
    lacks = "flow.no_events" if tied != tied else "flow.one_step" if alone else "flow.no_order" if tied > MOST_TIED else ""
    return (found.limit(0) if lacks else found), lacks


def _order(journey: Journey) -> list[str]:
    return [point.id for point in journey.touchpoints if not point.asking]


def main_ways(ways: pd.DataFrame, scores: pd.DataFrame, journey: Journey, language: str = "en", most: int = MAIN_WAYS) -> pd.DataFrame:
    """The commonest ways, each told by what sets it apart from the commonest, with the score of those who had lived it.

    Parameters
    ----------
    ways : as `maps.variants` gives them, disclosed
    scores : variant, score, score_low, score_high, score_n, disclosed; as `variant_answers` gives them

    Returns
    -------
    DataFrame: label (a message), path (labels in order), touchpoints (their ids, in order), share, low, high (0-1), n,
    score, score_low, score_high, score_n (of customers whose way was this when they answered), median_hours, low_hours,
    high_hours, shape, shown. ``attrs``: covered_share (0-1, of these ways together).
    """
    top = ways[ways["shown"]].head(most).merge(scores, on="variant", how="left").reset_index(drop=True)
    names = {point.id: label_in(point.label, language) for point in journey.touchpoints}
    steps = [variant.split(ARROW) for variant in top["variant"]]
    places = {name: place for place, name in enumerate(_order(journey))}
    common = steps[0] if steps else []
    top = top.assign(
        label=[_told(way, common, names, places) for way in steps], touchpoints=steps,
        path=[" → ".join(names.get(step, step) for step in way) for way in steps],
    )  # fmt: skip
    columns = ["label", "path", "touchpoints", "share", "low", "high", "n", "score", "score_low", "score_high", "score_n",
               "median_hours", "low_hours", "high_hours", "shape", "shown"]  # fmt: skip
    top = top[columns]
    top.attrs = {"covered_share": float(top["share"].sum()), **ways.attrs}
    return top


def _told(way: list[str], common: list[str], names: dict[str, str], places: dict[str, int]) -> Message:
    """What sets a way apart from the commonest one: how far it went, and what came on top."""
    if way == common:
        return ("flow.way_common", {})
    more = []
    for i, step in enumerate(way):
        again = step in way[:i]
        if step in common and not again:
            continue
        later = way[i + 1] if i + 1 < len(way) else ""
        astray = bool(later) and places.get(later, 0) < places.get(step, 0)
        kind = "again" if again else "before" if astray else "plain"
        more.append((f"flow.more_{kind}", {"label": names.get(step, step), "next": names.get(later, later)}))
    missing = [step for step in common if step not in way]
    kept = [step for step in common if step in way]
    if missing and kept == common[: len(kept)] and kept:
        return ("flow.way_ended_more" if more else "flow.way_ended", {"label": names.get(kept[-1], kept[-1]), "more": more})
    if missing:
        return ("flow.way_without_more" if more else "flow.way_without", {"labels": [names.get(step, step) for step in missing], "more": more})
    return ("flow.way_with", {"more": more}) if more else ("flow.way_otherwise", {})


def variant_answers(ways: pd.DataFrame, metric: Metric | None, confidence: float = 0.95, weights: str | None = None) -> pd.DataFrame:
    """The score of each way as lived when answering: variant, value, low, high, n, method.

    Parameters
    ----------
    ways : answers as `micro.ways_lived` gives them, with score
    metric : what was asked; of None there are no answers, and no rows
    """
    rows = []
    for variant, part in ways.groupby("variant", sort=True):
        who = part["customer_id"].fillna(part["journey_id"])
        given = {"cluster": who, "weights": part[weights] if weights else None, "confidence": confidence}
        found = (estimates.nps if metric is not None and metric.kind == "nps" else estimates.mean)(part["score"], **given)
        rows.append({"variant": variant, "value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method})
    return pd.DataFrame(rows, columns=["variant", "value", "low", "high", "n", "method"])


def as_scores(disclosed: pd.DataFrame) -> pd.DataFrame:
    """`variant_answers`, disclosed, under the names that stand beside the shares of ways."""
    names = {"value": "score", "low": "score_low", "high": "score_high", "n": "score_n"}
    return disclosed[["variant", *names]].rename(columns=names)


def steps_run(
    events: ir.Table, journeys: ir.Table, journey: Journey, month: str, until: pd.Timestamp, *,
    language: str = "en", working: WorkingHours | None = None, minimum: int = 10, confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Step by step: how many reach it, how many take it again, how long until the next step now and before.

    Parameters
    ----------
    events : Ibis table, as `lived_steps` gives it
    journeys : Ibis table of the window's journeys, with status as of `until`
    month : the month reported, YYYY-MM; visits before it are the usual
    minimum : fewest visits, in the month and before it, for waits to be compared

    Returns
    -------
    DataFrame, a row a touchpoint that was reached: touchpoint, label, owner, n (journeys that reached it), share with low and high
    (0-1, of all entrants: the open funnel; no interval where it
    is all of them), in_order_share (0-1, of all entrants: the ordered funnel through the main
    steps; NaN of steps that most who complete do not take), again_share with again_low and again_high
    (0-1, of n; NaN where nobody does),
    moved_share (0-1, ever take a next step), now, now_low, now_high and usual, usual_low, usual_high (median wait for
    the next step of visits in the month and before it, in unit_of_measure: minutes, hours or days), now_n, usual_n,
    p_corrected (log-rank, Benjamini and Hochberg over the touchpoints), verdict ("slower", "quicker", "no clear
    change", or missing where no next step is usual). ``attrs``: entrants, tested, tied_share, hours.

    Notes
    -----
    A change of less than a tenth is no news.
    """
    order = _order(journey)
    main = _main_steps(events, journeys, order)
    reached = funnel(events, order, "open", journeys=journeys, confidence=confidence)
    in_turn = funnel(events, main or order[:1], "ordered", journeys=journeys, confidence=confidence)
    again = loops(events, confidence=confidence).set_index("touchpoint")
    seen = waiting.waits(events, until, journeys=journeys, order=order, working=working)
    tied = tied_share(events)
    since = pd.Period(month, "M").to_timestamp().tz_localize(journey.time_zone)
    volumes = reached.set_index("touchpoint")
    in_order = in_turn.set_index("touchpoint")["share"].where(lambda share: share.index.isin(main))
    rows = []
    for point in journey.touchpoints:
        if point.asking or not volumes["n"].get(point.id, 0):
            continue
        here = volumes.loc[point.id]
        back = again.loc[point.id]
        rows.append({
            "touchpoint": point.id, "label": label_in(point.label, language), "owner": point.owner, "n": int(here["n"]),
            "share": here["share"], **{side: here[side] if here["share"] < 1 else np.nan for side in ("low", "high")}, "in_order_share": in_order.get(point.id, np.nan),
            "again_share": back["share"] or np.nan, "again_low": back["low"], "again_high": back["high"],
            **_wait(seen[seen["touchpoint"] == point.id], since, minimum, confidence),
        })  # fmt: skip
    found = pd.DataFrame(rows, columns=STEP)
    found["p_corrected"] = adjusted(found["p"])
    found["verdict"] = [_verdict(row, 1 - confidence) for row in found.to_dict("records")]
    found.attrs = {"entrants": reached.attrs["entrants"], "tested": int(found["p"].notna().sum()),
                   "tied_share": tied, "hours": seen.attrs["hours"], "definition": in_turn.attrs["definition"]}  # fmt: skip
    return found


def _main_steps(events: ir.Table, journeys: ir.Table, order: Sequence[str]) -> list[str]:
    """Touchpoints that most completed journeys took (most of all, where none is known to be completed)."""
    done = journeys.filter(journeys.status == "completed")
    completed = int(done.count().execute())
    of = done if completed else journeys
    visits = events.semi_join(of, "journey_id")
    taken = visits.group_by("touchpoint").aggregate(n=visits.journey_id.nunique()).execute()
    most = taken.loc[taken["n"] >= USUAL_STEP * max(completed or int(of.count().execute()), 1), "touchpoint"]
    return [name for name in order if name in set(most)]


def _wait(rows: pd.DataFrame, since: pd.Timestamp, minimum: int, confidence: float) -> dict:
    """Waits of visits in the month beside those before it, in a unit that reads well."""
    recent = (pd.to_datetime(rows["started_at"], utc=True) >= since).to_numpy()
    whole = waiting.summary(rows, confidence)
    told = whole["share"] >= USUAL_STEP
    compared = told and min(recent.sum(), (~recent).sum()) >= minimum
    unit, size = _unit(whole["median_hours"])
    out = {"moved_share": whole["share"], "unit_of_measure": unit, "p": waiting.differ(rows["hours"], rows["moved"], recent) if compared else np.nan}
    for name, part in (("now", rows[recent]), ("usual", rows[~recent])):
        found = waiting.summary(part, confidence) if told and len(part) >= minimum else {}
        values = [found.get(key, np.nan) / size for key in ("median_hours", "low_hours", "high_hours")]
        out |= {name: values[0], f"{name}_low": values[1], f"{name}_high": values[2], f"{name}_n": len(part)}
    return out


def _unit(hours: float) -> tuple[str, float]:
    if not hours == hours or hours >= 72:
        return "days", 24.0
    return ("hours", 1.0) if hours >= 2 else ("minutes", 1 / 60)


def _verdict(row: dict, limit: float) -> str | None:
    if not (row["now"] == row["now"] and row["usual"] == row["usual"]):
        return None
    moved = row["now"] / row["usual"] - 1 if row["usual"] > 0 else np.nan
    if not row["p_corrected"] < limit or not abs(moved) >= NO_NEWS:
        return "no clear change"
    return "slower" if moved > 0 else "quicker"


def moves(transitions: pd.DataFrame, journey: Journey, language: str = "en") -> pd.DataFrame:
    """`maps.transitions` with labels of the brand, and times in a unit that reads well: from_label, to_label, wait, wait_low,
    wait_high, unit_of_measure beside its columns."""
    names = {point.id: label_in(point.label, language) for point in journey.touchpoints}
    units = [_unit(hours) for hours in transitions["median_hours"]]
    sizes = np.array([size for _, size in units])
    times = {name: transitions[column] / sizes for name, column in (("wait", "median_hours"), ("wait_low", "low_hours"), ("wait_high", "high_hours"))}
    labels = {f"{side}_label": transitions[f"{side}_touchpoint"].map(lambda name: names.get(name, name)) for side in ("from", "to")}
    return transitions.assign(**labels, **times, unit_of_measure=[unit for unit, _ in units])


def stretches(micro: pd.DataFrame, journey: Journey, language: str = "en") -> pd.DataFrame:
    """`micro.micro_journeys` with labels of the brand: label (path), verdict ("clear" or "no clear change") beside its columns."""
    names = {point.id: label_in(point.label, language) for point in journey.touchpoints}
    labels = [" → ".join(names.get(step, step) for step in name.split(ARROW)) for name in micro["micro_journey"]]
    return micro.assign(label=labels, verdict=np.where(micro["clear"], "clear", "no clear change"))
