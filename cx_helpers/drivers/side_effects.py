"""What an input does where it happens, what it does further on, and what is left of it in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.drivers.columns import floats
from cx_helpers.drivers.earlier import TOLERATED, alike, places, precedence, refuse_later
from cx_helpers.drivers.paths import Sample
from cx_helpers.drivers.robust import holm
from cx_helpers.errors import DataError
from cx_helpers.estimates.families import adjusted

DETAIL = {
    "input": str, "affected": str, "kind": str, "here": bool, "place": float, "towards": str, "effect": float, "low": float, "high": float,
    "joint_low": float, "joint_high": float, "size": float, "size_low": float, "size_high": float, "gain": object, "usable": bool, "n": int, "method": str, "grade": str,
}  # fmt: skip
SUMMARY = {
    "input": str, "towards": str, "local_on": str, "local": float, "local_low": float, "local_high": float, "local_n": int, "total": float,
    "total_low": float, "total_high": float, "verdict": str, "harmed": object, "lifted": object, "given": object, "alike": object, "low": float, "high": float, "n": int,
    "towards_share": float, "method": str, "grade": str,
}  # fmt: skip
SIGN = {"higher": 1.0, "lower": -1.0}
APART = "not told apart"


@dataclass(frozen=True, eq=False)
class SideEffects:
    """`summary`, a row an input, and `detail`, a row an input and a variable it may affect (see `side_effects`); `given`, what each
    cluster gave to the total effects (a row a cluster, its index a row number of the data; a column an input, per unit of it)."""

    summary: pd.DataFrame
    detail: pd.DataFrame
    given: pd.DataFrame = field(default_factory=pd.DataFrame)


def side_effects(
    data: pd.DataFrame, inputs: pd.DataFrame | Mapping[str, str], outputs: Sequence[str], *, total: str, order: Sequence[str] | None = None,
    times: Mapping[str, str] | None = None, also: pd.DataFrame | Mapping[str, str] | None = None, controls=(), weights=None, cluster=None,
    confidence: float = 0.95,
) -> SideEffects:  # fmt: skip
    """The effect of each input at its own touchpoint, on everything later and in the end, adjusted only for what came before it.

    Parameters
    ----------
    data : DataFrame
        A row a journey; NaN is unknown.
    inputs : DataFrame with columns input, better; or mapping of input to "lower" or "higher"
        Inputs whose effects are asked. A name is ``touchpoint.input``; without a dot it is a touchpoint of its own.
    outputs : column names
        Scores asked at touchpoints, higher being better.
    total : column name
        What counts in the end: the remembered score, or money.
    order : touchpoints in order, optional
    times : mapping of variable to its time column, optional
        When each became known. One of `order` and `times` is needed; with both, the order holds where the moments agree.
    also : as `inputs`, optional
        Inputs that may be affected further on, but are not asked themselves (and are no gain at their own touchpoint: they often
        tell the same as its driver in other units).
    controls, weights, cluster
        As `design.design`; a control measured after an input is refused.

    Returns
    -------
    SideEffects
        summary, a row an input: input; towards ("lower" or "higher": the change that looks better at its own touchpoint; where nothing
        there is beyond noise, the one declared better); local_on (the output of its touchpoint, or what was measured there, such as
        minutes saved), local, local_low, local_high (in its unit, for one unit of the input `towards`; a yes-or-no input: the
        whole change), local_n; total, total_low, total_high (likewise, on `total`); verdict ("backfires": gain here and loss in the end, both
        beyond noise; "lifts throughout"; "helps here, nothing later"; "lifts later", "harms later": nothing here beyond noise; "no clear effect"; "not told": no
        output here, or too few journeys behind the end; "not told apart": beyond noise, but no longer where the yes-or-no inputs of the same moment are held equal); harmed, lifted (lists of later variables made worse or better beyond noise); given
        (list of earlier yes-or-no inputs without which it never is 1: its effect is among journeys that have them); alike (where not told apart, the inputs of the same moment that
        go with it, most first); low, high (of total again); n (journeys behind the total); towards_share
        (of a yes-or-no input, 0-1: journeys that are as it is `towards`; NaN for a measured one); method; grade ("associated").
        detail, a row an input and affected variable: kind ("input", "output", "total"), here (bool: own touchpoint), place (of the
        affected variable, 0 first; total last), effect, low, high, joint_low, joint_high (so wide that they exclude 0 just where usable), size with size_low and size_high (joint; of a yes-or-no input's whole
        change, or of one standard deviation of a measured one, in standard deviations of the affected variable, better positive), gain (True better, False worse), usable (bool: beyond noise), n.
        attrs of summary: tested (local and total effects looked at together), confidence, total.

    Raises
    ------
    DataError
        Names unknown or given twice, better neither lower nor higher, a control measured after an input, no order. One line.

    Notes
    -----
    Least squares with the errors of whole clusters (Liang and Zeger 1986), each widened by what it holds of the input (close to leaving it out:
    MacKinnon, Nielsen and Webb 2023), Student's t; told from 20 clusters on a side. Controls and all earlier inputs are held equal, later ones
    never: what an input changed on its way is part of its effect (Rosenbaum 1984, JRSS A 147). Yes-or-no inputs of one touchpoint and moment are not held equal
    to each other, for either may be how the other works; what does not stay when they are is not told apart. An input unknown in a row, or
    not yet known when the affected variable was, is held as unknown (0 with an indicator: right where unknown means not met; Jones 1996, JASA 91). Beyond noise: Holm (1979) over all local
    and total effects together; Benjamini-Hochberg over the paths between. Intervals are of one effect each. Associations: what drives an input and the end alike and is not
    measured looks like an effect. Not for inputs that answer what customers said, nor where nothing orders the variables in time.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> skipped = rng.integers(0, 2, 2000)
    >>> frame = pd.DataFrame({"keys.skipped": skipped, "keys.csat": skipped + rng.normal(size=2000)})
    >>> frame["back.dispute"] = 0.5 * skipped + rng.normal(size=2000)
    >>> frame["nps"] = 8 - frame["back.dispute"] + rng.normal(size=2000)
    >>> found = side_effects(frame, {"keys.skipped": "lower", "back.dispute": "lower"}, ["keys.csat"], total="nps", order=["keys", "back"])
    >>> found.summary[["input", "towards", "verdict"]].to_numpy().tolist()
    [['keys.skipped', 'higher', 'backfires'], ['back.dispute', 'lower', 'not told']]
    """
    asked, others = _described(inputs, "inputs"), _described(also, "also") if also is not None else {}
    names, outputs = [*asked, *(name for name in others if name not in asked)], list(outputs)
    better = {**others, **asked}
    _known(data, [*names, *outputs, total], times or {})
    if not asked:
        return SideEffects(_empty(SUMMARY, 0, confidence, total), _empty(DETAIL, 0, confidence, total))
    moments = {name: seconds(data[column]) for name, column in (times or {}).items()}
    touchpoints = {name: name.partition(".")[0] for name in [*names, *outputs]}
    place = places(data, touchpoints, order, moments)
    named = [controls] if isinstance(controls, str) else [] if isinstance(controls, pd.DataFrame) else list(controls)
    known_places = {touchpoints[name]: at for name, at in place.items()} | {point: at for at, point in enumerate(order or ())}
    refuse_later(named, list(asked), place, known_places, moments)
    if (point := total.partition(".")[0]) in known_places:
        place[total] = known_places[point]
    values = floats(data, [*names, *outputs, total])
    practices = {name for i, name in enumerate(names) if np.isin(values[:, i][~np.isnan(values[:, i])], (0, 1)).all()}
    before = precedence(names, place, moments, practices)
    twins = alike(names, touchpoints, before, practices)
    held_too = before | twins
    table = controls if isinstance(controls, pd.DataFrame) else data[named]
    sample = Sample(data, values, table, weights, cluster, [*names, *outputs, total], moments)
    rows = []
    for name in [*names, *outputs, total]:
        kind = "total" if name == total else "output" if name in outputs else "input"
        those = [j for j, one in enumerate(names) if one in asked and _may_affect(one, name, kind, before, names, place)]
        found = sample.effects(name, those, len(names), before, practices, confidence)
        both = [j for j in those if twins[:, j].any() and touchpoints.get(name, touchpoints[names[j]]) == touchpoints[names[j]]]
        alone = {row["input"]: row for row in sample.effects(name, both, len(names), held_too, practices, confidence, apart=True)} if both else {}
        rows += [{**row, "kind": kind, "place": max(place.values()) + 1 if kind == "total" else place[name],
                  "own": names.index(row["input"]) not in both or _stays(row, alone.get(row["input"]), confidence)} for row in found]  # fmt: skip
    judged = _judged(pd.DataFrame(rows), asked, better, touchpoints, practices, data, confidence, total, before, names, twins)
    return replace(judged, given=sample.given(total, those, len(names), before, practices))


def _described(given: pd.DataFrame | Mapping[str, str], what: str) -> dict[str, str]:
    table = pd.DataFrame({"input": list(given), "better": list(given.values())}) if isinstance(given, Mapping) else given
    lost = [name for name in ("input", "better") if name not in table]
    problems = [f"{what} lack the column {name!r}" for name in lost]
    if not lost:
        problems += [f"{name!r} is given twice" for name in table.loc[table["input"].duplicated(), "input"]]
        odd = table[~table["better"].isin(list(SIGN))]
        problems += [f"better of {r.input!r} is {r.better!r}, not lower or higher" for r in odd.itertuples()]
    if problems:
        raise DataError(f"side effects: {'; '.join(problems)}. Describe each input once, with what is better.")
    return dict(zip(table["input"], table["better"], strict=True))


def _known(data: pd.DataFrame, names: list[str], times: Mapping[str, str]) -> None:
    problems = [f"column {name!r} is not in the data" for name in dict.fromkeys([*names, *times.values()]) if name not in data]
    problems += [f"{name!r} is given twice" for name in dict.fromkeys(name for name in names if names.count(name) > 1)]
    if problems:
        raise DataError(f"side effects: {'; '.join(problems)}. Name each column once, as the data does.")


def seconds(times: pd.Series) -> np.ndarray:
    """Moments as seconds, NaN unknown; numbers stay as they are."""
    if pd.api.types.is_datetime64_any_dtype(times):
        naive = times.dt.tz_convert("UTC").dt.tz_localize(None) if times.dt.tz is not None else times
        whole = naive.to_numpy(dtype="datetime64[us]")
        return np.where(np.isnat(whole), np.nan, whole.astype(np.int64) / 1e6)
    return times.to_numpy(dtype=float, na_value=np.nan)


def _may_affect(one: str, name: str, kind: str, before: np.ndarray, names: list[str], place: Mapping[str, int]) -> bool:
    if kind == "input":
        return one != name and bool(before[names.index(one), names.index(name)])
    return name not in place or place[name] >= place[one]


def _stays(row: Mapping, alone: Mapping | None, confidence: float) -> bool:
    """Whether an effect is still there, beyond noise and to the same side, with the yes-or-no inputs of its moment held equal."""
    return alone is not None and alone["p"] <= 1 - confidence and alone["effect"] * row["effect"] > 0


def _judged(
    found: pd.DataFrame, asked: Mapping[str, str], better: Mapping[str, str], touchpoints: Mapping[str, str], practices: set[str], data: pd.DataFrame,
    confidence: float, total: str, before: np.ndarray, names_of: list[str], twins: np.ndarray,
) -> SideEffects:  # fmt: skip
    """What is beyond noise, which way each input is told, and what that makes of it."""
    if found.empty:
        found = pd.DataFrame(columns=["input", "affected", "kind", "place", "effect", "reach", "per_sd", "p", "df", "n", "method", "own"])
    found = found.assign(here=[touchpoints.get(a) == touchpoints[i] for i, a in zip(found["input"], found["affected"], strict=True)])
    quick = found["affected"].isin(set(asked) - practices)
    local = (found["here"] & ((found["kind"] == "output") | quick)).to_numpy(dtype=bool)
    decided = local | (found["kind"] == "total").to_numpy(dtype=bool)
    p = found["p"].to_numpy(dtype=float)
    usable, alpha = np.zeros(len(found), dtype=bool), np.empty(len(found))
    usable[decided] = holm(p[decided], 1 - confidence)
    usable[~decided] = adjusted(p[~decided]) <= 1 - confidence
    # Intervals that say the same: Holm's next threshold, and the false coverage rate (Benjamini and Yekutieli 2005).
    alpha[decided] = (1 - confidence) / max(int(decided.sum() - usable[decided].sum()), 1)
    alpha[~decided] = (1 - confidence) * max(int(usable[~decided].sum()), 1) / max(int((~decided).sum()), 1)
    df = found["df"].to_numpy(dtype=float)
    found = found.assign(wider=special.stdtrit(df, 1 - alpha / 2) / special.stdtrit(df, (1 + confidence) / 2))
    found = found.assign(usable=usable, local=local, gains=[SIGN[better.get(a, "higher")] for a in found["affected"]],
                         step=[1.0 if name in practices else float(data[name].std()) for name in found["input"]])  # fmt: skip
    parts, rows = [], []
    for name in asked:
        mine = found[found["input"] == name]
        here = _here(mine[mine["local"]])
        sign = SIGN[asked[name]] if here is None or not here["usable"] else np.sign(here["effect"] * here["gains"])
        parts.append(_towards(mine, sign))
        row = _row(name, parts[-1], None if here is None else here["affected"], sign, name in practices, data) | {"given": _given(name, names_of, before, practices, data)}
        rows.append(row | {"alike": _alike(name, names_of, twins, data) if row["verdict"] == APART else []})
    detail = pd.concat(parts, ignore_index=True).assign(grade="associated")
    detail = detail.astype({"place": float, "n": int, "here": bool, "usable": bool})[list(DETAIL)]
    summary = pd.DataFrame(rows, columns=list(SUMMARY))
    for frame in (detail, summary):
        frame.attrs = {"tested": int(decided.sum()), "confidence": confidence, "total": total}
    return SideEffects(summary, detail)


def _here(mine: pd.DataFrame) -> pd.Series | None:
    """What is told of an input at its own touchpoint: an output moved beyond noise, else the surest of what was
    measured there beyond noise, else the first output."""
    if mine.empty:
        return None
    ranked = mine.assign(measured=mine["kind"] != "output", noise=~mine["usable"])
    return ranked.sort_values(["noise", "measured", "p"], kind="stable").iloc[0]


def _towards(mine: pd.DataFrame, sign: float) -> pd.DataFrame:
    """Effects of one unit `towards`, with intervals, and in standard deviations with better positive."""
    effect, reach = sign * mine["effect"].astype(float), mine["reach"].astype(float)
    turn = mine["gains"].astype(float) * mine["step"].astype(float) / mine["per_sd"].astype(float)
    size, wide = effect * turn, reach * mine["wider"].astype(float)
    return mine.assign(
        towards="higher" if sign > 0 else "lower", effect=effect, low=effect - reach, high=effect + reach, joint_low=effect - wide, joint_high=effect + wide,
        size=size, size_low=size - wide * turn.abs(), size_high=size + wide * turn.abs(), gain=(size > 0).astype(object),
    )  # fmt: skip


def _row(name: str, mine: pd.DataFrame, on: str | None, sign: float, practice: bool, data: pd.DataFrame) -> dict:
    """One row of the summary."""
    towards = "higher" if sign > 0 else "lower"
    local, end = mine[mine["affected"] == on], mine[mine["kind"] == "total"]
    values = {side: float(end[column].iloc[0]) if len(end) else np.nan for side, column in (("total", "effect"), ("total_low", "low"), ("total_high", "high"))}
    here = {side: float(local[column].iloc[0]) if len(local) else np.nan for side, column in (("local", "effect"), ("local_low", "low"), ("local_high", "high"))}
    n = int(end["n"].iloc[0]) if len(end) else 0
    later = mine[mine["usable"] & ~mine["here"] & (mine["kind"] != "total")].sort_values("place", kind="stable")
    return {
        "input": name, "towards": towards, "local_on": on or "", **here, "local_n": int(local["n"].iloc[0]) if len(local) else 0, **values,
        "verdict": _verdict(local, end), "harmed": list(later.loc[~later["gain"].astype(bool), "affected"]), "lifted": list(later.loc[later["gain"].astype(bool), "affected"]),
        "low": values["total_low"], "high": values["total_high"], "n": n,
        "towards_share": float((data[name].dropna() == (towards == "higher")).mean()) if practice else np.nan,
        "method": str(mine["method"].iloc[0]) if len(mine) else "", "grade": "associated",
    }  # fmt: skip


def _given(name: str, names: list[str], before: np.ndarray, practices: set[str], data: pd.DataFrame) -> list[str]:
    """Earlier yes-or-no inputs of which it is a part: where they are 0, it is 0."""
    if name not in practices:
        return []
    holds, at = data[name] == 1, names.index(name)
    whole = [one for i, one in enumerate(names) if before[i, at] and one in practices]
    return [one for one in whole if (holds & (data[one] == 0)).sum() <= TOLERATED * holds.sum() and (data[one] == 0).sum() > TOLERATED * len(data)]


def _alike(name: str, names: list[str], twins: np.ndarray, data: pd.DataFrame) -> list[str]:
    """The yes-or-no inputs of the same moment, those that most go with it first."""
    others = [one for one, twin in zip(names, twins[names.index(name)], strict=True) if twin]
    return sorted(others, key=lambda one: -abs(data[name].corr(data[one])))


def _verdict(local: pd.DataFrame, end: pd.DataFrame) -> str:
    if local.empty or end.empty:
        return "not told"
    if any(side["usable"].iloc[0] and not side["own"].iloc[0] for side in (local, end)):
        return APART
    lasting = 0 if not end["usable"].iloc[0] else 1 if end["gain"].iloc[0] else -1
    if local["usable"].iloc[0]:
        return {1: "lifts throughout", 0: "helps here, nothing later", -1: "backfires"}[lasting]
    return {1: "lifts later", 0: "no clear effect", -1: "harms later"}[lasting]


def _empty(columns: Mapping[str, type], tested: int, confidence: float, total: str) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    frame.attrs = {"tested": tested, "confidence": confidence, "total": total}
    return frame
