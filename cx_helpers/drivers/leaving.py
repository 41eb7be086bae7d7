"""Who does not come back, and for which reasons: a risk that is judged on months it has not seen, before anything is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers import estimates
from cx_helpers.drivers.carried import numbered
from cx_helpers.drivers.design import design, screen
from cx_helpers.drivers.logistic import Coding, Logistic, calibration, coding, fit_logistic, judged
from cx_helpers.drivers.robust import holm
from cx_helpers.drivers.staying import EVENTS_A_COLUMN, staying_problems
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile

JUDGED_SHARE, FEWEST_LEAVERS, AT_RISK = 0.25, 30, 0.1
NONE = "none"
REASONS = (
    "input", "label", "touchpoint", "standard", "statistic", "unit_of_measure", "adds", "adds_low", "adds_high", "odds_ratio", "odds_low", "odds_high", "usable",
    "lived_share", "n_lived", "n", "method", "grade", "reason",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Leaving:
    """What `leaving` has found.

    Attributes
    ----------
    reasons : DataFrame
        A row an input: what living it off standard goes with.
    judged : DataFrame
        A row a measure of how well the risks of earlier months foretold later ones (see `logistic.judged`); empty where `untold` says why.
    calibration : DataFrame
        A row a tenth of risk (see `logistic.calibration`).
    at_risk : DataFrame
        A row an input: how many of the journeys now at highest risk have it as their main reason.
    months : dict
        fitted and judged: first and last month of each; empty where not judged.
    untold : str
        "" or why nothing was judged: "too_few_months", "too_few_leavers".
    """

    reasons: pd.DataFrame
    judged: pd.DataFrame
    calibration: pd.DataFrame
    at_risk: pd.DataFrame
    months: dict[str, tuple[str, str]]
    untold: str

    @property
    def foretells(self) -> bool:
        """Whether the risk told later months apart better than chance, and better than telling everyone the same."""
        found = self.judged.set_index("measure")["low"] if len(self.judged) else {}
        return bool(len(found) and found["auc"] > 0.5 and found["brier_gain"] > 0)


def leaving(
    journeys: pd.DataFrame, inputs: pd.DataFrame, *, controls: Sequence[str] = (), cluster: str = "customer_id", horizon_months: int = 6,
    confidence: float = 0.95,
) -> Leaving:  # fmt: skip
    """The risk that a journey is followed by no other, with its reasons, judged out of time.

    Parameters
    ----------
    journeys : DataFrame
        A row a journey that has ended, from `tables.money.following`: returned (NaN where not known yet), month (YYYY-MM), the inputs
        and controls; current (bool), where only some of those not known yet are asked for their risk.
    inputs : DataFrame
        input, label, touchpoint, better, standard; where known statistic, unit_of_measure.
    controls : column names
        Categories held equal; `month` should be among them. A level that the fit has not met (a later month) counts as the average.
    horizon_months : int
        As in `following`: the judged months begin only when those of the fit were fully known.

    Returns
    -------
    Leaving. reasons, largest adds first: input, label, touchpoint, standard, statistic, unit_of_measure; adds, adds_low, adds_high (share that does
    not come back, -1 to 1: journeys off the standard as lived less the same at standard; where the input has no standard NaN); odds_ratio, odds_low, odds_high (a unit beyond the
    standard); usable (bool: beyond noise, Holm); lived_share (0-1) and n_lived (journeys off standard); n; method; grade ("associated"); reason ("",
    or why not asked). at_risk: input ("none": no usable reason was lived), label, value, low, high (0-1: share of the tenth of current
    journeys at highest risk whose main reason it is), everywhere (the same share of all current journeys), n (journeys of that reason in the tenth), of (journeys in the tenth).

    Raises
    ------
    DataError
        Leakage, too few leavers, customers who hardly return (see `staying.staying_problems`).

    Notes
    -----
    Logistic regression (log odds straight in what lies beyond the standard), errors by customer. A risk is a matter of customers' months, not of one person: no list of persons comes of it. "Not back within
    the horizon" is not "gone for good".
    """
    followed = journeys[journeys["returned"].notna()]
    off, known = _beyond(journeys, inputs)
    names = list(off.columns)
    if problems := staying_problems(followed.assign(**off.loc[followed.index]), names, controls):
        raise DataError(f"leaving: {'; '.join(problems)}.")
    rows = journeys.assign(**off, left=1 - journeys["returned"])
    asked = screen(rows[rows["left"].notna()], "left", names, list(controls))
    names = list(asked.loc[asked["kept"], "driver"])
    if not names:
        raise DataError(f"leaving: no input can be asked ({len(followed)} journeys). Take more months.")
    fit, how, used = _fitted(rows[rows["left"].notna()], names, controls, cluster)
    reasons = _reasons(fit, how, used, names, inputs, known, dict(zip(asked["driver"], asked["reason"], strict=True)), confidence)
    months, parts, untold = _split(rows, names, controls, horizon_months)
    told, curve = (pd.DataFrame(columns=["measure", "value", "low", "high", "n"]), pd.DataFrame()) if untold else _judged(*parts, names, controls, cluster, confidence)
    now = rows[rows["left"].isna() & (rows["current"].to_numpy(dtype=bool) if "current" in rows else True)]
    return Leaving(reasons, told, curve, _at_risk(now, fit, how, names, reasons, cluster, confidence), months, untold)


def _beyond(journeys: pd.DataFrame, inputs: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, bool]]:
    """How far each journey lies beyond each standard, 0 at it; an input without a standard as it is. And which have one."""
    out, held = {}, {}
    for item in inputs[inputs["input"].isin(journeys.columns)].itertuples():
        x = journeys[item.input].to_numpy(dtype=float, na_value=np.nan)
        share = getattr(item, "statistic", "") == "share"
        held[item.input] = bool(share or not pd.isna(item.standard))
        best = (0.0 if item.better == "lower" else 1.0) if share else item.standard
        out[item.input] = np.maximum((x - best) * (1 if item.better == "lower" else -1), 0.0) if held[item.input] else x
    return pd.DataFrame(out, index=journeys.index), held


def _fitted(rows: pd.DataFrame, names: list[str], controls, cluster: str) -> tuple[Logistic, Coding, pd.DataFrame]:
    """The model of some rows, through the one design of this room."""
    how = coding(rows, controls)
    held = pd.DataFrame(how.columns(rows), index=rows.index).add_prefix("held ")
    d = design(rows, "left", names, held, cluster=cluster)
    return fit_logistic(np.column_stack([np.ones(d.n), d.x, d.controls[:, 1:]]), d.y, d.groups), how, rows[d.kept]


def _columns(rows: pd.DataFrame, names: list[str], how: Coding, means: np.ndarray | None = None) -> np.ndarray:
    x = rows[names].to_numpy(dtype=float)
    x = x if means is None else np.where(np.isnan(x), means, x)
    return np.column_stack([np.ones(len(rows)), x, how.columns(rows)])


def _reasons(fit, how, used, names, inputs, held, why, confidence: float) -> pd.DataFrame:
    x, q = _columns(used, names, how), quantile(confidence, fit.clusters - 1)
    error = np.sqrt(np.diag(fit.covariance))[1 : 1 + len(names)]
    beta = fit.beta[1 : 1 + len(names)]
    called = holm(2 * special.stdtr(fit.clusters - 1, -np.abs(beta / error)), 1 - confidence)
    plain, rows = fit.risk(x), []
    for item in inputs[inputs["input"].isin(list(why))].to_dict("records"):
        row = {name: item.get(name) for name in REASONS[:6]} | {"reason": why[item["input"]], "usable": False, "n": fit.n}
        if item["input"] in names:
            j = names.index(item["input"])
            row |= {"odds_ratio": np.exp(beta[j]), "odds_low": np.exp(beta[j] - q * error[j]), "odds_high": np.exp(beta[j] + q * error[j]), "usable": bool(called[j])}
            lived = (x[:, j + 1] > 0) & held[item["input"]]
            row |= {"lived_share": lived.mean(), "n_lived": int(lived.sum())} | (_adds(fit, x[lived], plain[lived], j + 1, q) if lived.any() else {})
        rows.append(row)
    table = pd.DataFrame(rows, columns=list(REASONS)).assign(method="logistic, clustered", grade="associated")
    table["usable"] = table["usable"].astype(bool)
    return table.sort_values("adds", ascending=False, kind="stable", na_position="last", ignore_index=True)


def _adds(fit: Logistic, x: np.ndarray, lived: np.ndarray, j: int, q: float) -> dict[str, float]:
    """Risk as lived less risk at standard, over those off it; its error by the gradient in all coefficients."""
    met = x.copy()
    met[:, j] = 0.0
    kept = fit.risk(met)
    value = float((lived - kept).mean())
    gradient = ((lived * (1 - lived))[:, None] * x - (kept * (1 - kept))[:, None] * met).mean(axis=0)
    half = q * fit.error(gradient)
    return {"adds": value, "adds_low": value - half, "adds_high": value + half}


def _split(rows: pd.DataFrame, names: list[str], controls, horizon: int) -> tuple[dict, tuple, str]:
    """The last quarter of the known months to judge by, and those that were fully known before it began to fit on."""
    known = rows[rows["left"].notna()]
    months = sorted(known["month"].unique())
    first = months[len(months) - max(1, round(len(months) * JUDGED_SHARE))]
    over = str(pd.Period(first, "M") - horizon)
    early, late = known[(known["month"] < over).to_numpy()], known[(known["month"] >= first).to_numpy()]
    if early.empty or len(months) < 2:
        return {}, (), "too_few_months"
    columns = len(names) + sum(early[name].nunique() - 1 for name in controls)
    if min(early["left"].sum(), (1 - early["left"]).sum()) < EVENTS_A_COLUMN * columns or min(late["left"].sum(), (1 - late["left"]).sum()) < FEWEST_LEAVERS:
        return {}, (), "too_few_leavers"
    spans = {"fitted": (str(early["month"].min()), str(early["month"].max())), "judged": (str(late["month"].min()), str(late["month"].max()))}
    return spans, (early, late), ""


def _judged(early, late, names: list[str], controls, cluster: str, confidence: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    kept = list(screen(early, "left", names, list(controls)).query("kept")["driver"])
    fit, how, used = _fitted(early, kept, controls, cluster)
    late = late.dropna(subset=kept)
    risk, event = fit.risk(_columns(late, kept, how)), late["left"].to_numpy(dtype=float)
    (who,), _ = numbered(late[cluster])
    return judged(risk, event, who, float(used["left"].mean()), confidence), calibration(risk, event, who, confidence=confidence)


def _at_risk(now, fit, how, names, reasons, cluster: str, confidence: float) -> pd.DataFrame:
    """Main reasons of the tenth of journeys at highest risk: which usable input adds most to each one's log odds."""
    columns = ["input", "label", "value", "low", "high", "everywhere", "n", "of", "method"]
    usable = reasons[reasons["usable"] & (reasons["odds_ratio"] > 1) & reasons["adds"].notna()]
    if now.empty or usable.empty:
        return pd.DataFrame(columns=columns)
    x = _columns(now, names, how, now[names].mean().fillna(0.0).to_numpy())
    risk = fit.risk(x)
    top = risk >= np.quantile(risk, 1 - AT_RISK)
    place = [names.index(name) + 1 for name in usable["input"]]
    parts = x[:, place] * fit.beta[place]
    main = np.where(parts.max(axis=1) > 0, parts.argmax(axis=1), len(place))
    rows = []
    for number, (name, label) in enumerate([*zip(usable["input"], usable["label"], strict=True), (NONE, "")]):
        mine = main == number
        e = estimates.share(mine[top].astype(float), cluster=now.loc[top, cluster].to_numpy(), confidence=confidence)
        rows.append({"input": name, "label": label, "value": e.value, "low": e.low, "high": e.high, "everywhere": float(mine.mean()),
                     "n": int(mine[top].sum()), "of": int(top.sum()), "method": e.method})  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values("value", ascending=False, kind="stable", ignore_index=True)
