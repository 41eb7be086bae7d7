"""Who answers and who never does: response rates, groups that are less heard, and what silence could change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, label_in
from cx_helpers.ingest.baseline import alike

LONGEST_WAIT = pd.Timedelta(days=30)
NEARLY_ALL = 0.99  # of the answers that come
MOST_LEVELS = 20
UNKNOWN = "\u2014"
NUMBERS = ("value", "low", "high", "n", "method")
HIDDEN = ("value", "low", "high", "n", "customers", "never_share", "never_others", "difference", "difference_low", "difference_high")
_HEARD = ["trait", "trait_label", "level", "told", *NUMBERS, "customers", "never_share", "never_others", "difference", "difference_low",
          "difference_high", "verdict", "lead"]  # fmt: skip
NOBODY = pd.DataFrame(columns=_HEARD)


def time_to_answer(responses: ir.Table) -> pd.Timedelta:
    """The time within which 99% of the answers came, at most 30 days: a younger request may still be answered."""
    waited = responses.answered_at.epoch_seconds() - responses.asked_at.epoch_seconds()
    seconds = responses.filter(responses.score.notnull() & responses.answered_at.notnull()).aggregate(wait=waited.quantile(NEARLY_ALL)).execute()["wait"].iloc[0]
    return LONGEST_WAIT if pd.isna(seconds) else min(pd.Timedelta(seconds=max(float(seconds), 0.0)), LONGEST_WAIT)


def requests(responses: ir.Table, journeys: ir.Table, segments: Sequence[str], months: int, until: pd.Timestamp) -> ir.Table:
    """Requests for feedback of the last `months` that had time to be answered.

    Parameters
    ----------
    responses, journeys : canonical tables, later months included: an answer that came after `until` was silence then
    until : Timestamp
        What the study looks from; requests put less than `time_to_answer` before it are left out.

    Returns
    -------
    Ibis table: response_id, customer (the customer, else the journey's, else the journey or request itself), touchpoint, metric,
    asked_by (channel of the request), put (when it was put), answered (1.0 or 0.0), silent (1.0 where no answer ever came), and each segment.
    """
    put = ibis.coalesce(responses.asked_at, responses.answered_at)
    moments = [ibis.literal(at.to_pydatetime(), "timestamp('UTC', 6)") for at in (until - pd.DateOffset(months=months), until - time_to_answer(responses), until)]
    due = responses.filter((put >= moments[0]) & (put < moments[1]))
    answered = due.score.notnull() & due.answered_at.notnull() & (due.answered_at < moments[2])
    silent = due.score.isnull() | due.answered_at.isnull()
    due = due.select("response_id", "journey_id", "customer_id", "touchpoint", "metric", asked_by=due.channel.fill_null(""),
                     put=ibis.coalesce(due.asked_at, due.answered_at), answered=answered.cast("float64"), silent=silent.cast("float64"))  # fmt: skip
    lived = journeys.select("journey_id", *segments, whose=journeys.customer_id)
    joined = due.left_join(lived, "journey_id").drop("journey_id_right")
    return joined.mutate(customer=ibis.coalesce(joined.customer_id, joined.whose, joined.journey_id, joined.response_id)).drop("whose", "customer_id")


def rates(asked: ir.Table, journey: Journey, language: str = "en", confidence: float = 0.95) -> pd.DataFrame:
    """Share of requests answered, by question and channel; requests of one customer hang together.

    Returns
    -------
    DataFrame: touchpoint, metric (full name), label, touchpoint_label, asked_by ("" where not said), value (0 to 1), low, high, n (requests), method;
    in the order of the journey. attrs: every_one (bool: all requests have an answer, so silence was not recorded);
    blanks (bool: at least 99% of those asked answered something in the same questionnaire, so what is missing are items
    left blank, and who refused is not known); heard (bool: neither, so that silence tells who is not heard).
    """
    keys = ["touchpoint", "metric", "asked_by", "customer"]
    sums = asked.group_by(keys).aggregate(n=asked.count(), answered=asked.answered.sum(), silent=asked.silent.sum()).order_by(keys[:3]).execute()
    points = {point.id: label_in(point.label, language) for point in journey.touchpoints}
    rows = []
    for (touchpoint, metric, asked_by), group in sums.groupby(keys[:3], sort=False):
        name = f"{touchpoint}.{metric}"
        if name in journey.metrics:
            found = estimates.share_from_cluster_counts(group["answered"].to_numpy(), group["n"].to_numpy(dtype=float), confidence)
            rows.append({"touchpoint": touchpoint, "metric": name, "label": label_in(journey.metrics[name].label, language),
                         "touchpoint_label": points.get(touchpoint, ""), "asked_by": asked_by} | _numbers(found))  # fmt: skip
    frame = pd.DataFrame(rows, columns=["touchpoint", "metric", "label", "touchpoint_label", "asked_by", *NUMBERS])
    order = {name: place for place, name in enumerate(journey.metrics)}
    frame = frame.sort_values("metric", key=lambda m: m.map(order), kind="stable", ignore_index=True)
    frame.attrs["every_one"] = bool(len(sums)) and bool(sums["silent"].sum() == 0)
    frame.attrs["blanks"] = not frame.attrs["every_one"] and _left_blank(asked)
    frame.attrs["heard"] = bool(len(sums)) and not frame.attrs["every_one"] and not frame.attrs["blanks"]
    return frame


def _left_blank(asked: ir.Table) -> bool:
    """Whether nearly everybody asked answered something in the same questionnaire."""
    each = asked.group_by(["customer", "put"]).aggregate(silent=asked.silent.min())
    wholly = each.aggregate(n=each.count(), silent=each.silent.sum()).execute().iloc[0]
    return bool(wholly["n"]) and bool(wholly["silent"] <= (1 - NEARLY_ALL) * wholly["n"])


def customers_asked(asked: ir.Table, segments: Sequence[str]) -> pd.DataFrame:
    """Requests and answers a customer and segment, small enough to come home: customer, segments, n, answered, times
    (moments at which the customer was asked: the questions of one questionnaire are one)."""
    found = asked.group_by(["customer", *segments]).aggregate(n=asked.count(), answered=asked.answered.sum(), times=asked.put.nunique())
    return found.order_by(["customer", *segments]).execute()


def worth(outcomes: ir.Table | None, journeys: ir.Table) -> pd.Series | None:
    """What each customer brought: revenue of table outcomes, else the value of their journeys; None where neither is known."""
    rows, column = (outcomes, "revenue") if outcomes is not None else (journeys, "value")
    known = rows.filter(rows.customer_id.notnull() & rows[column].notnull())
    found = known.group_by("customer_id").aggregate(total=known[column].sum()).execute()
    return found.set_index("customer_id")["total"] if len(found) else None


def people(
    sums: pd.DataFrame, customers: pd.DataFrame, traits: Mapping[str, str], money: pd.Series | None = None
) -> tuple[pd.DataFrame, dict[str, str | tuple]]:
    """What is known of each customer asked, as groups to compare.

    Parameters
    ----------
    sums : DataFrame of `customers_asked`
    customers : DataFrame with customer_id and a column a trait
    traits : mapping of trait to its label; a trait with more than 20 levels is passed over
    money : Series of each customer's money over the window, by customer

    Returns
    -------
    (DataFrame by customer with a column a group, mapping of group to its label). Beside the traits: `worth` (the
    most valuable tenth, the rest of the upper half, the lower half; where money is known) and `times_asked` (thirds).
    """
    each = sums.groupby("customer")[["times"]].sum()
    known = customers.drop_duplicates("customer_id").set_index("customer_id").reindex(each.index) if len(customers) else pd.DataFrame(index=each.index)
    groups, labels = pd.DataFrame(index=each.index), {}
    for trait, label in traits.items():
        if trait in known and 1 < known[trait].nunique() <= MOST_LEVELS:
            groups[trait], labels[trait] = known[trait].astype(object).where(known[trait].notna(), UNKNOWN), label
    if money is not None and (spent := money.reindex(each.index).fillna(0.0)).gt(0).any():
        place = spent.rank(pct=True, method="first")
        groups["worth"] = np.select([place > 0.9, place > 0.5], ["top_tenth", "upper_half"], "lower_half")
        labels["worth"] = "group.worth"
    limits = np.unique(np.quantile(each["times"], [1 / 3, 2 / 3], method="higher")) if len(each) else []
    if len(limits) and each["times"].nunique() > 2:
        edges = [0, *limits, np.inf] if limits[-1] < each["times"].max() else [0, *limits]
        cut = pd.cut(each["times"], edges, labels=False)
        told = each["times"].groupby(cut).agg(["min", "max"]).astype(int)
        words = {at: f"{row['min']}" if row["min"] == row["max"] else f"{row['min']}\u2013{row['max']}" for at, row in told.iterrows()}
        if len(words) > 1:
            groups["times_asked"], labels["times_asked"] = cut.map(words), "group.times_asked"
    return groups, labels


def heard(sums: pd.DataFrame, groups: pd.DataFrame, labels: Mapping[str, str], *, minimum: int = 10, confidence: float = 0.95) -> pd.DataFrame:
    """How far each group answers, beside all others asked as often, corrected for the number of groups looked at.

    Parameters
    ----------
    sums : DataFrame of `customers_asked`; its segments are columns too
    groups : DataFrame by customer of `people`
    labels : mapping of group column (segments and traits) to its label

    Returns
    -------
    DataFrame: trait, trait_label, level, told (the level as readers know it: text, or a message), value (share of requests answered), low, high, n (requests),
    customers, never_share and never_others (customers of the group, and all others, who answered nothing in the whole window),
    difference (from all others at the same number of times asked, as a share; for `times_asked` itself as it is), difference_low, difference_high
    (Bonferroni over all groups), verdict ("answers more", "answers less" or "no clear difference"; "" where too small, or where
    others asked as often are too few), lead (row of the group that tells the same of largely the same customers: itself
    where none tells more, -1 where the group does not answer clearly less), method; those apart first, the widest difference first, the rest in
    their own order. Customers whose level is not known are no group.

    Notes
    -----
    Who is asked more often answers a smaller part, so groups are set beside others asked as often: else those who are
    asked most seem silent though most of them were heard.
    """
    codes, names = pd.factorize(sums["customer"], sort=True)
    frames_ = [(trait, sums[trait].astype(object).where(sums[trait].notna(), UNKNOWN) if trait in sums else sums["customer"].map(groups[trait]))
               for trait in labels]  # fmt: skip
    looks = [(trait, level, column == level) for trait, column in frames_ for level in sorted(set(column.dropna()) - {UNKNOWN}, key=str)]
    looks = [(trait, level, mine.to_numpy(dtype=bool)) for trait, level, mine in looks if not mine.all()]
    family = 1 - (1 - confidence) / max(sum(sums.loc[mine, "n"].sum() >= minimum for *_, mine in looks), 1)
    often, total = alike.asked_as_often(sums), np.bincount(codes, sums["answered"], len(names))
    rows = []
    for trait, level, mine in looks:
        counts = tuple(np.bincount(codes[mine], sums.loc[mine, column], len(names)) for column in ("answered", "n"))
        found = estimates.share_from_cluster_counts(*counts, confidence)
        apart = alike.difference(codes, sums, mine, None if trait == "times_asked" else often, minimum, family)
        asked = counts[1] > 0
        small = counts[1].sum() < minimum or np.isnan(apart.value)
        verdict = "" if small else "answers more" if apart.low > 0 else "answers less" if apart.high < 0 else "no clear difference"
        rows.append({"trait": trait, "trait_label": labels[trait], "level": level, "told": _told(trait, level), **_numbers(found), "customers": int(asked.sum()),
                     "never_share": float((total[asked] == 0).mean()), "never_others": float((total[~asked] == 0).mean()) if (~asked).any() else np.nan,
                     "difference": apart.value, "difference_low": apart.low, "difference_high": apart.high, "verdict": verdict})  # fmt: skip
    frame = pd.DataFrame(rows, columns=_HEARD).assign(lead=-1)
    less = frame.index[(frame["verdict"] == "answers less") & (frame["trait"] != "times_asked")]
    leads = alike.same_people([looks[at][2] for at in less], sums["n"].to_numpy(dtype=float), frame.loc[less, "difference"].tolist())
    frame.loc[less, "lead"] = [less[lead] for lead in leads]
    noise = frame["verdict"].isin(["no clear difference", ""])
    size = frame["difference"].abs().where(~noise, 0.0)
    order = frame.assign(_noise=noise, _size=-size).sort_values(["_noise", "_size"], kind="stable").index
    place = {was: now for now, was in enumerate(order)}
    return frame.loc[order].assign(lead=lambda f: f["lead"].map(place).fillna(-1).astype(int)).reset_index(drop=True)


def clear(heard: pd.DataFrame) -> int:
    """How many groups answer clearly more or less than all others."""
    return int(heard["verdict"].isin(["answers more", "answers less"]).sum())


def rates_message(rates: pd.DataFrame, overall: estimates.Estimate) -> tuple[str, dict]:
    """What the table of rates says: requests answered, or, where nearly everybody answered something, items left blank."""
    if rates.attrs["blanks"]:
        return "responding.blanks", {"value": 1 - overall.value, "count": overall.n}
    return "responding.rates", {"value": overall, "count": overall.n}


def overall(asked: ir.Table, confidence: float = 0.95) -> estimates.Estimate:
    """Share of all requests answered, clustered by customer."""
    each = asked.group_by("customer").aggregate(n=asked.count(), answered=asked.answered.sum()).order_by(["n", "answered"]).execute()
    return estimates.share_from_cluster_counts(each["answered"].to_numpy(), each["n"].to_numpy(dtype=float), confidence)


def share_of(rates: pd.DataFrame, metric: str | None) -> float:
    """Share of the requests of one metric that were answered, over all ways of asking; NaN where silence was not recorded or only items were left blank."""
    mine = rates[rates["metric"] == metric]
    if mine.empty or not rates.attrs["heard"]:
        return np.nan
    return float((mine["value"] * mine["n"]).sum() / mine["n"].sum())


def traits(customers: ir.Table, journey: Journey, language: str = "en") -> tuple[pd.DataFrame, dict[str, str]]:
    """Declared traits that table customers holds, with their labels: what `people` takes."""
    labels = {trait.id: label_in(trait.label, language) for trait in journey.traits if trait.id in customers.columns}
    return (customers.select("customer_id", *labels).execute() if labels else pd.DataFrame()), labels


def labels_of(segments: Sequence[str], journey: Journey, language: str = "en") -> dict[str, str]:
    """Segments and their labels."""
    return {segment.id: label_in(segment.label, language) for segment in journey.segments if segment.id in segments}


def _told(trait: str, level: object) -> str | tuple[str, dict]:
    if trait == "worth":
        return f"level.{level}"
    return ("level.times", {"range": level}) if trait == "times_asked" else str(level)


def never_answered(sums: pd.DataFrame, confidence: float = 0.95) -> estimates.Estimate:
    """Share of customers who were asked and answered nothing (Wilson)."""
    each = sums.groupby("customer")["answered"].sum()
    return estimates.share((each == 0).to_numpy(dtype=float), confidence=confidence)


def _numbers(found: estimates.Estimate) -> dict:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method}
