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
WORTH_TELLING = 0.1  # of the half-width of the score's own interval
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
        Answers to one metric: score, weight, asked_at, answered_at, customer_id, response_id.

    Returns
    -------
    DataFrame: third ("early", "middle", "late"), days (median from request to answer), value, low, high, n, method.
    Empty where times do not differ, or a third has fewer than 30 answers. attrs: difference (Estimate, late less early;
    customers in both counted as dependent).

    Notes
    -----
    A hint and no proof (Armstrong and Overton 1977, J. Marketing Research 14): those who are late may be like those who
    are silent, or not; and where what was lived later changes the answer, delay tells of that instead.
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
        sides = [known[known["third"] == name] for name in ("late", "early")]
        weights = None if (known["weight"] == 1).all() else tuple(side["weight"].to_numpy() for side in sides)
        kind = "nps" if metric.kind == "nps" else "mean"
        frame.attrs["difference"] = estimates.difference(
            *(side["score"].to_numpy() for side in sides), kind, weights=weights, cluster=tuple(map(_people, sides)), confidence=confidence
        )
        frame.attrs["late"] = (known.loc[known["third"] == "late", "response_id"]).to_numpy()
    return frame


def delay_message(delays: pd.DataFrame) -> tuple[str, dict]:
    """Whether those who answered late score differently, as the table's headline."""
    moved = delays.attrs.get("difference")
    if moved is None:
        return "text", {"text": ""}
    apart = moved.low > 0 or moved.high < 0
    return ("responding.delays", {"value": moved, "way": "lower" if moved.value < 0 else "higher"}) if apart else ("responding.delays_none", {"value": moved})


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
    findings = []
    shown = heard[heard["shown"]] if "shown" in heard else heard
    worth = shown[(shown["trait"] == "worth") & (shown["level"] == "top_tenth") & (shown["verdict"] != "no clear difference") & (shown["verdict"] != "")]
    for row in worth.itertuples():
        findings.append(_group("responding.valuable_" + ("less" if row.difference < 0 else "more"), row, {}, 4.6))
    less = shown[(shown["verdict"] == "answers less") & ~shown["trait"].isin(["worth", "times_asked"])]
    for place, row in enumerate(less.head(2).itertuples()):
        findings.append(_group("responding.less", row, {"trait": (words or {}).get(row.trait, row.trait), "level": str(row.level)}, 4.2 - 1.3 * place))
    most = shown[(shown["trait"] == "times_asked") & (shown["verdict"] == "answers less")]
    for row in most.head(1).itertuples():
        findings.append(_group("responding.asked_often", row, {"level": str(row.level)}, 4.1))
    moved = delays.attrs.get("difference")
    if moved is not None and (moved.low > 0 or moved.high < 0):
        message = "responding.late_" + ("lower" if moved.value < 0 else "higher")
        findings.append(Finding(message, {"label": label}, moved.value, moved.low, moved.high, moved.n, moved.method, "associated", weight=4, link=LINK))
    moved = beside[(beside["label"] == label) & (beside["difference"].abs() > WORTH_TELLING * (beside["high"] - beside["low"]) / 2)]
    for row in moved.itertuples():
        args = {"label": row.label, "plain": row.plain, "difference": row.difference, "n_effective": row.n_effective}
        findings.append(Finding("weighting.beside", args, row.value, row.low, row.high, int(row.n), row.method, "described", weight=2.6, link=LINK))
    return findings


def _group(message: str, row, args: dict, weight: float) -> Finding:
    gap = estimates.Estimate(row.difference, row.difference_low, row.difference_high, int(row.n), "Newcombe, Bonferroni")
    return Finding(message, {**args, "gap": gap}, row.value, row.low, row.high, int(row.n), row.method, "described", weight=weight, link=LINK)
