"""What silence may hide: late answers beside early ones, bounds on the score of all who were asked, weights and their price."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, Metric, label_in
from cx_helpers.findings import Finding
from cx_helpers.tables.weighting import Weights

LINK = "#who-is-heard"
FEWEST = 30
WORTH_TELLING = 1.0  # of the half-width of the score's own interval: less is within what is not known anyway
NUMBERS = ("value", "low", "high", "n", "method")
UNWEIGHTED = pd.DataFrame(columns=["metric", "label", "plain", "plain_low", "plain_high", *NUMBERS, "difference", "n_effective", "design_effect"])


def _score(answers: pd.DataFrame, metric: Metric, confidence: float, weights: np.ndarray | None = None) -> estimates.Estimate:
    estimator = estimates.nps if metric.kind == "nps" else estimates.mean
    own = None if (answers["weight"] == 1).all() else answers["weight"].to_numpy()
    both = own if weights is None else weights if own is None else own * weights
    return estimator(answers["score"].to_numpy(), both, _people(answers), confidence)


def _people(answers: pd.DataFrame) -> np.ndarray:
    return answers["customer_id"].fillna(answers["response_id"]).to_numpy()


def _row(found: estimates.Estimate) -> dict:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method}


def by_delay(answers: pd.DataFrame | None, metric: Metric | None, confidence: float = 0.95) -> pd.DataFrame:
    """The score of those who answered early, later and last: who answers late is likest to who does not answer at all.

    Parameters
    ----------
    answers : DataFrame
        Answers to one metric: score, weight, asked_at, answered_at, customer_id, response_id, and state (lived when
        answering), where the brand declares states.

    Returns
    -------
    DataFrame: third ("early", "middle", "late"), days (median from request to answer), value, low, high, n, method.
    Empty where times do not differ, or a third has fewer than 30 answers. attrs: difference (Estimate, late less early,
    the early ones weighted to the states and months of the late ones; customers in both counted as dependent; absent
    where fewer than 30 of either have their like) and turns (bool: the sign is another without that, or within a state
    beyond noise, so nothing can be said).

    Notes
    -----
    A hint and no proof (Armstrong and Overton 1977, J. Marketing Research 14): those who are late may be like those who
    are silent, or not. What was lived by the time of answering differs between early and late, and is held the same.
    Not where silent requests were not recorded: there is nobody to speak for.
    """
    if answers is None or metric is None or answers.empty:
        return pd.DataFrame(columns=["third", "days", *NUMBERS])
    seconds = (answers["answered_at"] - answers["asked_at"]).dt.total_seconds()
    timed = answers.assign(days=seconds / 86400)
    known = timed[timed["days"].notna()]
    limits = known["days"].quantile([1 / 3, 2 / 3]).to_numpy() if len(known) else np.zeros(2)
    third = np.select([known["days"] <= limits[0], known["days"] <= limits[1]], ["early", "middle"], "late") if len(known) else []
    known = known.assign(third=third)
    rows = [{"third": name, "days": group["days"].median(), **_row(_score(group, metric, confidence))}
            for name in ("early", "middle", "late") if len(group := known[known["third"] == name]) >= FEWEST]  # fmt: skip
    frame = pd.DataFrame(rows if len(rows) == 3 else [], columns=["third", "days", *NUMBERS])
    if len(frame):
        frame.attrs |= _late_less_early(known, metric, confidence)
        frame.attrs["late"] = (known.loc[known["third"] == "late", "response_id"]).to_numpy()
    return frame


def _late_less_early(known: pd.DataFrame, metric: Metric, confidence: float) -> dict:
    """Late less early within the state lived and the month asked, and whether the sign turns."""
    state = known["state"].fillna("").astype(str) if "state" in known else pd.Series("", known.index)
    sides = {name: known["third"] == name for name in ("late", "early")}
    month = known["asked_at"].dt.strftime("%Y-%m")
    cell = state + " " + month
    held = {name: cell.map(known[mine].groupby(cell[mine])["weight"].sum()).fillna(0.0) for name, mine in sides.items()}
    both = (held["late"] > 0) & (held["early"] > 0)
    alike = known["weight"] * np.where(sides["late"], 1.0, held["late"] / held["early"].where(both, 1.0))
    if min((mine & both).sum() for mine in sides.values()) < FEWEST:
        return {}
    found = _apart(known, sides, both, alike, metric, confidence)
    plain = _apart(known, sides, both | True, known["weight"], metric, confidence)
    within = [_apart(known, sides, both & (state == name), alike, metric, confidence) for name in state.unique()
              if min((mine & both & (state == name)).sum() for mine in sides.values()) >= FEWEST]  # fmt: skip
    other_way = [one for one in within if (one.high < 0 if found.value > 0 else one.low > 0)]
    return {"difference": found, "turns": bool(other_way) or found.value * plain.value < 0}


def _apart(known: pd.DataFrame, sides: Mapping[str, pd.Series], among: pd.Series, weight: pd.Series, metric: Metric, confidence: float) -> estimates.Estimate:
    rows = [known[sides[name] & among] for name in ("late", "early")]
    weights = None if (weight[among] == 1).all() else tuple(weight.loc[side.index].to_numpy(dtype=float) for side in rows)
    kind = "nps" if metric.kind == "nps" else "mean"
    return estimates.difference(*(side["score"].to_numpy() for side in rows), kind, weights=weights, cluster=tuple(map(_people, rows)), confidence=confidence)


def _telling(delays: pd.DataFrame) -> estimates.Estimate | None:
    """Late less early, where it is beyond noise and its sign holds."""
    moved = delays.attrs.get("difference")
    return moved if moved is not None and not delays.attrs["turns"] and (moved.low > 0 or moved.high < 0) else None


def delays_tell(delays: pd.DataFrame) -> bool:
    """Whether late answers differ from early ones beyond noise."""
    return _telling(delays) is not None


def delay_message(delays: pd.DataFrame) -> tuple[str, dict]:
    """Whether those who answered late score differently, as the table's headline."""
    moved, telling = delays.attrs.get("difference"), _telling(delays)
    if telling is not None:
        return "responding.delays", {"value": telling, "way": "lower" if telling.value < 0 else "higher"}
    return ("responding.delays_unlike", {}) if moved is None or delays.attrs["turns"] else ("responding.delays_none", {"value": moved})


def ends(limits: pd.DataFrame, label: str) -> dict:
    """The lowest and highest the score of all who were asked could be."""
    values = limits.set_index("supposed")["value"]
    return {"label": label, "low": values["worst"], "high": values["best"]}


def bounds(answers: pd.DataFrame | None, delays: pd.DataFrame, metric: Metric | None, answered: float, confidence: float = 0.95) -> pd.DataFrame:
    """What the score of all who were asked would be, by what is supposed of those who did not answer.

    Parameters
    ----------
    answers : DataFrame of one metric
    delays : DataFrame of `by_delay`
    answered : float
        Share of its requests that were answered; NaN or 1, where silence was not recorded, gives no row.

    Returns
    -------
    DataFrame: supposed ("as_answered", "as_late": the silent are like the last third, "worst" and "best": all of them
    give the lowest or highest score), value, low, high, n, method. The first two have the interval of their answers;
    worst and best have none: they need no supposition at all, and nothing lies outside them (Manski 1990, American
    Economic Review 80).
    """
    if answers is None or metric is None or answers.empty or not answered < 1:
        return pd.DataFrame(columns=["supposed", *NUMBERS])
    here = _score(answers, metric, confidence)
    rows = [{"supposed": "as_answered", **_row(here)}]
    if len(delays):
        late = answers["response_id"].isin(delays.attrs["late"]).to_numpy()
        own = answers["weight"].to_numpy(dtype=float)
        more = np.where(late, 1 + (1 - answered) / answered * own.sum() / own[late].sum(), 1.0)
        rows.append({"supposed": "as_late", **_row(_score(answers, metric, confidence, more))})
    low, high = metric.span
    for name, end in (("worst", low), ("best", high)):
        rows.append({"supposed": name, "value": answered * here.value + (1 - answered) * end, "low": np.nan, "high": np.nan, "n": here.n, "method": "bound"})
    return pd.DataFrame(rows)


def weights_beside(answers: pd.DataFrame, journey: Journey, language: str = "en", confidence: float = 0.95) -> pd.DataFrame:
    """Each remembered score without and with its weights, and what the weights cost.

    Parameters
    ----------
    answers : DataFrame
        name (full metric name), score, weight, customer_id, response_id.

    Returns
    -------
    DataFrame: metric, label, plain, plain_low, plain_high (unweighted), value, low, high (weighted), difference
    (weighted less unweighted), n, n_effective (Kish: equally weighted answers that would know as much), design_effect.
    """
    rows = []
    for name, metric in journey.metrics.items():
        mine = answers[answers["name"] == name]
        if len(mine) and (mine["weight"] != 1).any():
            plain, found = _score(mine.assign(weight=1.0), metric, confidence), _score(mine, metric, confidence)
            kish = estimates.kish_n(mine["weight"].to_numpy())
            rows.append({"metric": name, "label": label_in(metric.label, language), "plain": plain.value, "plain_low": plain.low, "plain_high": plain.high,
                         **_row(found), "difference": found.value - plain.value, "n_effective": kish, "design_effect": len(mine) / kish})  # fmt: skip
    return pd.DataFrame(rows, columns=UNWEIGHTED.columns)


def margins(weights: Weights | None, metric: str | None, labels: Mapping[str, str]) -> pd.DataFrame:
    """How far the answers to one metric were from the margins they are weighted to, and are now: level, column_label,
    before, after, wanted (shares, 0 to 1), n."""
    if weights is None:
        return pd.DataFrame()
    mine = weights.margins[weights.margins["metric"] == metric]
    return mine.assign(column_label=mine["column"].map(labels).fillna(mine["column"])).reset_index(drop=True)


def refusals(weights: Weights | None, journey: Journey, language: str = "en") -> list[tuple[str, dict[str, str]]]:
    """Metrics that could not be weighted, as messages."""
    if weights is None:
        return []
    refused = weights.metrics[weights.metrics["refused"] != ""]
    return [("weighting.refused", {"label": label_in(journey.metrics[row.metric].label, language) if row.metric in journey.metrics else row.metric,
                                   "reason": row.refused}) for row in refused.itertuples()]  # fmt: skip


def heard_findings(heard: pd.DataFrame, delays: pd.DataFrame, beside: pd.DataFrame, label: str, words: Mapping[str, str] | None = None) -> list[Finding]:
    """Who is heard less, whether late answers differ, and what weighting changes; nothing of what is noise.

    Parameters
    ----------
    heard : DataFrame of `responding.heard`, disclosed
    words : mapping of group to its label as readers know it
    """
    shown = heard[heard["shown"]] if "shown" in heard else heard
    findings = [*_groups(shown, words or {}), *_asked_often(shown)]
    moved = _telling(delays)
    if moved is not None:
        # Of less weight than any other finding: a hint about the silent is never the headline of a page.
        message = "responding.late_" + ("lower" if moved.value < 0 else "higher")
        findings.append(Finding(message, {"label": label}, moved.value, moved.low, moved.high, moved.n, moved.method, "associated", weight=0.5, link=LINK))
    moved = beside[(beside["label"] == label) & (beside["difference"].abs() > WORTH_TELLING * (beside["high"] - beside["low"]) / 2)]
    for row in moved.itertuples():
        args = {"label": row.label, "plain": row.plain, "difference": row.difference, "n_effective": row.n_effective}
        findings.append(Finding("weighting.beside", args, row.value, row.low, row.high, int(row.n), row.method, "described", weight=2.6, link=LINK))
    return findings


def _groups(shown: pd.DataFrame, words: Mapping[str, str]) -> list[Finding]:
    """Groups that answer less than others asked as often, at most two: of groups of largely the same customers the one that tells most."""
    top = (shown["trait"] == "worth") & (shown["level"] == "top_tenth")
    findings = [_group("responding.valuable_more", row, {}, 4.0) for row in shown[top & (shown["verdict"] == "answers more")].itertuples()]
    less = shown[(shown["verdict"] == "answers less") & (shown["trait"] != "times_asked") & (top | (shown["trait"] != "worth"))]
    leads = less[~less["lead"].isin(less.index) | (less["lead"] == less.index)]
    for place, row in enumerate(leads.head(2).itertuples()):
        also = int((less["lead"] == row.Index).sum()) - 1
        valuable = row.trait == "worth"
        args = {} if valuable else {"trait": words.get(row.trait, row.trait), "level": str(row.level)}
        message = ("responding.valuable_less" if valuable else "responding.less") + ("_also" if also > 0 else "")
        findings.append(_group(message, row, args | ({"count": also} if also > 0 else {}), (4.6 if valuable else 4.2) - 1.3 * place))
    return findings


def _asked_often(shown: pd.DataFrame) -> list[Finding]:
    """That those asked most often answer least: only where both are so."""
    times = shown[shown["trait"] == "times_asked"]
    if times.empty:
        return []
    most = times["level"].map(lambda level: int(str(level).split("\u2013")[-1])).idxmax()
    row = next(times.loc[[most]].itertuples())
    if row.verdict != "answers less" or row.value > times["value"].min():
        return []
    return [_group("responding.asked_often", row, {"level": str(row.level)}, 4.4)]


def _group(message: str, row, args: dict, weight: float) -> Finding:
    args = {**args, "heard": 1 - row.never_share, "others": 1 - row.never_others}
    gap = estimates.Estimate(row.difference, row.difference_low, row.difference_high, int(row.n), "Newcombe, Bonferroni")
    return Finding(message, {**args, "gap": gap}, row.value, row.low, row.high, int(row.n), row.method, "described", weight=weight, link=LINK)
