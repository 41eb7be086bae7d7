"""Yardsticks of answering and staying: who answers, what they remember, and whether they rent again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.care import unresolved
from cx_helpers.sample.comparisons import Frames, Recovered, answered, ends, month_of, slopes
from cx_helpers.sample.perceptions import export_end, requests_before

AFTER_DAYS, WITHIN_DAYS = 21, 180
REQUESTS_TO_JUDGE, RENTALS_TO_JUDGE = 12, 7


def came_back(frames: Frames) -> pd.DataFrame:
    """Rentals settled long enough ago, with `again`: 1 where the customer booked within 180 days, three weeks after the end."""
    rentals = frames["rentals"]
    code = pd.factorize(rentals["customer_no"])[0].astype(np.int64) << 32
    every = np.sort(code + rentals["booked_at"].to_numpy().astype("datetime64[s]").astype(np.int64))
    seen = (rentals["settled_at"] + pd.Timedelta(days=AFTER_DAYS + WITHIN_DAYS) < export_end()).to_numpy()
    rows = rentals[seen]
    start = code[seen] + rows["settled_at"].to_numpy().astype("datetime64[s]").astype(np.int64) + AFTER_DAYS * 86_400
    again = np.searchsorted(every, start + WITHIN_DAYS * 86_400) > np.searchsorted(every, start)
    return rows.assign(again=again.astype(float))


def left_after(frames: Frames) -> list[Recovered]:
    """Share that comes back, after a dispute, a long wait, a late deposit; then a changed price and another car."""
    rows = came_back(frames)
    columns = [*ends(rows).values(), rows["price_changed"], 1 - rows["car_as_booked"]]
    return slopes(rows["again"], columns, rows["unit"], rows["customer_no"])


def foretold(frames: Frames, survey: str) -> Recovered:
    """Share that comes back, a point of an NPS; those who left before it was asked of them have not answered it."""
    rows = came_back(frames)
    score = frames["responses"].query("survey == @survey and question == 'nps'").set_index("booking_no")["score"]
    rows = rows.assign(score=rows["booking_no"].map(score)).dropna(subset=["score"])
    if rows.empty:  # the question was never asked
        return Recovered(np.nan, np.nan, 0)
    return slopes(rows["again"], [rows["score"]], rows["unit"], rows["customer_no"])[0]


def complained(frames: Frames) -> dict[str, Recovered]:
    """Calls of those whose complaint lay, and whether they come back after it."""
    tickets, calls = frames["tickets"], frames["calls"]
    tickets = tickets.assign(lay=unresolved(tickets), called=tickets["ticket_id"].isin(calls["ticket_id"].dropna()).astype(float))
    old = tickets[tickets["opened_at"] + pd.Timedelta(days=30) < export_end()]
    rang = slopes(old["called"], [old["lay"]], np.zeros(len(old)), old["customer_no"])[0]
    rows = came_back(frames)
    both = set(tickets.loc[tickets["lay"] & (tickets["called"] == 1), "booking_no"])
    columns = [*ends(rows).values(), rows["booking_no"].isin(set(tickets["booking_no"])), rows["booking_no"].isin(both)]
    return {"calls": rang, "returns": slopes(rows["again"], columns, rows["unit"], rows["customer_no"])[-1]}


def never_answering(frames: Frames, rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` of customers asked at least twelve times by then, with `never` (0/1: no answer so far) and `nth` rental.

    Only the first seven rentals of a customer: a few rent so often that they would speak for thousands of others.
    """
    asked = frames["responses"].groupby("booking_no")["score"].agg(["size", "count"])
    every = frames["rentals"][["booking_no", "customer_no"]].join(asked, on="booking_no").fillna({"size": 0, "count": 0})
    sums = every.groupby("customer_no")[["size", "count"]].cumsum()
    nth = every.groupby("customer_no").cumcount() + 1
    facts = every[["booking_no"]].assign(asked=sums["size"], never=(sums["count"] == 0).astype(float), nth=nth)
    rows = rows.merge(facts, on="booking_no", validate="one_to_one")
    return rows[(rows["asked"] >= REQUESTS_TO_JUDGE) & (rows["nth"] <= RENTALS_TO_JUDGE)]


def silent(frames: Frames, outcome: str) -> Recovered:
    """Never answering against answering: share that comes back (again), or what was remembered (overall, latent).

    Between rentals that are the customers' same number and saw the same of what makes customers leave.
    """
    rows = came_back(frames)
    if outcome == "overall":
        rows = rows.merge(frames["latent"][["booking_no", "overall"]], on="booking_no", validate="one_to_one")
    rows = never_answering(frames, rows)
    return slopes(rows[outcome], [rows["never"], *ends(rows).values()], rows["nth"], rows["customer_no"])[0]


def answering(frames: Frames) -> dict[str, Recovered]:
    """Share of requests answered: of the tenth with most revenue, and a request beyond six in 90 days, within customers."""
    asked = frames["responses"]
    beyond = np.clip(requests_before(asked) - plan.REQUESTS_ENOUGH, 0, plan.REQUESTS_AT_MOST)
    given = asked["score"].notna().astype(float)
    revenue = frames["finance"].groupby("customer_no")["revenue"].sum()
    most = asked["customer_no"].isin(revenue.index[revenue >= revenue.quantile(1 - plan.VALUABLE_SHARE)]).astype(float)
    surveys = pd.get_dummies(asked["survey"], drop_first=True, dtype=float)
    tenure = asked["booking_no"].map(frames["rentals"].set_index("booking_no")["tenure"]) == "frequent"
    weary = slopes(given, [beyond, tenure, surveys], asked["customer_no"], asked["customer_no"])[0]
    return {"weary": weary, "valuable": slopes(given, [most, beyond, tenure], asked["survey"], asked["customer_no"])[0]}


def remembered(frames: Frames) -> list[Recovered]:
    """The overall score on the worst and the last answer, their mean held equal; at least three answers and the last one.

    Points of 0-10 a point of 1-5; each answer is taken from its question's mean, the mean weighted as in `plan.EXPERIENCES`.
    """
    given = frames["responses"].query("question == 'csat'").pivot(index="booking_no", columns="survey", values="score")
    given = given[list(plan.EXPERIENCED_SURVEYS)]
    away = given - given.mean()
    weights = np.array([plan.EXPERIENCES[name][1] for name in away])
    mean = away.fillna(0) @ weights / (away.notna() @ weights)
    whole = pd.DataFrame({"mean": mean, "peak": away.min(axis=1), "end": away["settle"]})[given.notna().sum(axis=1) >= 3].dropna()
    rows = answered(frames, "overall").join(whole, on="booking_no", how="inner")
    return slopes(rows["score"], [rows["peak"], rows["end"], rows["mean"]], rows["unit"], rows["customer_no"])[:2]


def employees(frames: Frames) -> list[Recovered]:
    """Monthly CSAT of counter and return by location on its engagement the month before, and in the same month."""
    parts = []
    for survey, time in (("counter", "called_at"), ("return", "returned_at")):
        rows = answered(frames, survey)
        month = month_of(rows[time])
        # the wording of one of them changes: each version is taken from its own mean
        score = rows["score"] - rows.groupby("question_version")["score"].transform("mean")
        parts.append(pd.DataFrame({"unit": rows["unit"], "month": month, "score": score}))
    cells = pd.concat(parts).groupby(["unit", "month"])["score"].mean().rename("score").reset_index()
    mood = frames["unit_measures"].query("measure == 'employee_engagement'").assign(
        unit=lambda rows: rows["location_id"].map(frames["locations"].set_index("location_id")["name"]))  # fmt: skip
    now = mood.set_index(["unit", "month"])["value"]
    later = mood.assign(month=(pd.PeriodIndex(mood["month"], freq="M") + 1).astype(str)).set_index(["unit", "month"])["value"]
    cells = cells.join(later.rename("before"), on=["unit", "month"]).join(now.rename("now"), on=["unit", "month"]).dropna()
    months = pd.get_dummies(cells["month"], drop_first=True, dtype=float)
    return slopes(cells["score"], [cells["before"], cells["now"], months], cells["unit"], cells["unit"])[:2]


def reworded(frames: Frames) -> Recovered:
    """CSAT of the return, second wording less first, at equal checks and disputes and a straight line through time."""
    rows = answered(frames, "return")
    days = (rows["checked_at"] - rows["checked_at"].min()).dt.total_seconds() / 86_400
    columns = [rows["question_version"] == "v2", days, rows["dispute"], rows["check_minutes"]]
    if not columns[0].any():
        columns[0] = rows["checked_at"] >= pd.Timestamp(plan.REWORDED_ON)
    return slopes(rows["score"], columns, rows["unit"], rows["customer_no"])[0]


def unpermitted(frames: Frames) -> Recovered:
    """Share of customers who have not, or no longer, permitted the use of their answers to improve the service."""
    given = frames["permissions"].query("purpose == 'service_improvement'")
    lacking = ~frames["customers"]["customer_no"].isin(given.loc[given["withdrawn_at"].isna(), "customer_no"])
    share, count = float(lacking.mean()), len(lacking)
    return Recovered(share, float(np.sqrt(share * (1 - share) / count)), count)
