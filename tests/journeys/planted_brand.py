"""The sample brand's frames as canonical tables in a lake of their own: a study of a made-up brand in seconds, without raw files."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cx_helpers import Study
from cx_helpers.sample.export import permitted
from cx_helpers.sample.rentals import to_local
from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.lake import Lake, to_contract

REPO = Path(__file__).resolve().parents[2]
CONFIGURATION = ("journey.yaml", "sources.yaml", "solutions.yaml", "audiences.yaml")
TOUCHPOINT_OF_CAUSE = {"waiting": "counter", "vehicle": "drive", "deposit": "settle", "damage charge": "return"}
# touchpoint: when it began, when it was over, how it was lived
STEPS = {
    "booking": ("booked_at", None, None), "checkin": ("checkin_at", None, "online"), "counter": ("called_at", "served_at", "location"),
    "handover": ("served_at", "handover_at", "location"), "drive": ("handover_at", "returned_at", "road"),
    "assistance": ("assist_called_at", "assisted_at", "road"), "return": ("returned_at", "checked_at", "location"), "settle": ("settled_at", None, "online"),
}  # fmt: skip
# input: the rentals' column, and when it was known
MEASURES = {
    "booking.minutes": ("booking_minutes", "booked_at"), "booking.price_changed": ("price_changed", "booked_at"), "checkin.failed": ("checkin_failed", "checkin_at"),
    "counter.wait_minutes": ("wait_minutes", "called_at"), "handover.minutes": ("handover_minutes", "handover_at"),
    "handover.inspection_done": ("inspection_done", "handover_at"), "handover.walk_metres": ("walk_metres", "handover_at"),
    "drive.car_as_booked": ("car_as_booked", "handover_at"), "assistance.arrival_minutes": ("arrival_minutes", "assisted_at"),
    "return.check_minutes": ("check_minutes", "checked_at"), "return.dispute": ("dispute", "checked_at"),
    "settle.deposit_days": ("deposit_days", "settled_at"), "settle.extra_charge": ("extra_charge", "settled_at"),
}  # fmt: skip


def study_of(folder: Path, tables: dict[str, pd.DataFrame], month: str = "latest") -> Study:
    """A study of page 02 on these tables, written into a brand's folder in `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    brand = folder / "sample"
    brand.mkdir(parents=True)
    for name in CONFIGURATION:
        shutil.copy(REPO / "data" / "sample" / name, brand / name)
    shutil.copytree(REPO / "data" / "sample" / "sql", brand / "sql")
    Lake(brand / "tables").publish({name: to_contract(frame, CANONICAL[name], name) for name, frame in tables.items()})
    return reopened(folder, month)


def reopened(folder: Path, month: str) -> Study:
    """The study of another month of the brand in `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_DATA", str(folder))
        return Study.open("sample", month, notebook="02_journeys")


def canonical(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables as an ingest of the brand's raw files gives them: customers without permission held out, months by the brand's clock."""
    known = set(permitted(frames["permissions"]))
    kept = {name: frame[frame["customer_no"].isin(known)] if "customer_no" in frame else frame for name, frame in frames.items()}
    rentals, customers = kept["rentals"], kept["customers"]
    tables = {
        "customers": customers[["birth_year", "home_country", "language", "joined_on", "loyalty", "attitude", "app_user"]].assign(customer_id=customers["customer_no"]),
        "journeys": _journeys(rentals, customers), "events": _events(rentals, kept["tickets"], kept["calls"]), "inputs": _inputs(rentals, kept["tickets"]),
        "responses": _responses(kept["responses"]), "cases": _cases(kept["tickets"]), "comments": _comments(kept),
        "outcomes": kept["finance"].rename(columns={"customer_no": "customer_id"}).assign(active=True).drop(columns="rentals"),
    }  # fmt: skip
    return {name: _stored(name, frame) for name, frame in tables.items()}


def _stored(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Times as UTC, the month a row is stored under, and its source."""
    frame = frame.reset_index(drop=True)
    times = [column.name for column in CANONICAL[name].columns if str(column.type).startswith("timestamp") and column.name in frame]
    if CANONICAL[name].month_of:
        first, *others = [frame[column] for column in CANONICAL[name].month_of]
        for other in others:
            first = first.fillna(other)
        frame["month"] = to_local(first).dt.strftime("%Y-%m")
    frame[times] = frame[times].apply(lambda column: column.astype("datetime64[us]").dt.tz_localize("UTC"))
    return frame.assign(source="made", **({} if "month" in frame else {"month": None}))


def _journeys(rentals: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    people = customers.set_index("customer_no").reindex(rentals["customer_no"])
    years = to_local(rentals["booked_at"]).dt.year.to_numpy() - people["birth_year"].to_numpy()
    return pd.DataFrame({
        "journey_id": rentals["booking_no"].array, "customer_id": rentals["customer_no"].array, "intent": rentals["trip"].array,
        "started_at": rentals["booked_at"].array, "ended_at": rentals["ended_at"].array, "status": rentals["status"].astype(str).array, "unit": rentals["unit"].array,
        "value": rentals["value"].array, "region": rentals["region"].array, "location_kind": rentals["kind"].array, "tenure": rentals["tenure"].array,
        "channel": rentals["channel"].array, "attitude": people["attitude"].array, "age": np.select([years < 35, years < 55], ["under 35", "35 to 54"], "55 or older"),
    })  # fmt: skip


def _events(rentals: pd.DataFrame, tickets: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for touchpoint, (start, end, channel) in STEPS.items():
        part = pd.DataFrame({
            "event_id": rentals["booking_no"] + ":" + touchpoint, "journey_id": rentals["booking_no"], "customer_id": rentals["customer_no"], "touchpoint": touchpoint,
            "started_at": rentals[start], "ended_at": rentals[end] if end else pd.NaT, "channel": channel or rentals["channel"], "unit": rentals["unit"],
        })  # fmt: skip
        parts.append(part[part["started_at"].notna()])
    care = [("ticket_id", "opened_at", tickets["closed_at"], "help desk", tickets), ("call_id", "called_at", None, "phone", calls)]
    for key, start, end, channel, rows in care:
        over = rows["called_at"] + pd.to_timedelta(rows["minutes"], unit="min") if end is None else end
        parts.append(pd.DataFrame({
            "event_id": rows[key], "journey_id": rows["booking_no"], "customer_id": rows["customer_no"], "touchpoint": "care", "started_at": rows[start],
            "ended_at": over, "channel": channel, "unit": None,
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True).astype({"channel": str})


def _inputs(rentals: pd.DataFrame, tickets: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for name, (column, time) in MEASURES.items():
        touchpoint, item = name.split(".")
        part = pd.DataFrame({"journey_id": rentals["booking_no"], "touchpoint": touchpoint, "input": item, "value": rentals[column].astype(float),
                             "measured_at": rentals[time], "unit": rentals["unit"]})  # fmt: skip
        parts.append(part[part["value"].notna() & part["measured_at"].notna()])
    last = tickets["opened_at"].max()
    for item, column, days in (("answered_in_a_day", "first_reply_at", 1), ("solved_in_a_week", "closed_at", 7)):
        limit = tickets["opened_at"] + pd.Timedelta(days=days)
        in_time = tickets[column] <= limit
        at = tickets[column].where(in_time, limit)
        part = pd.DataFrame({"journey_id": tickets["booking_no"], "touchpoint": "care", "input": item, "value": in_time.astype(float), "measured_at": at, "unit": None})
        parts.append(part[(at <= last).to_numpy()])
    return pd.concat(parts, ignore_index=True).drop_duplicates(["journey_id", "touchpoint", "input", "measured_at"])


def _responses(asked: pd.DataFrame) -> pd.DataFrame:
    nps = (asked["question"] == "nps").to_numpy()
    return pd.DataFrame({
        "response_id": asked["response_id"], "journey_id": asked["booking_no"], "customer_id": asked["customer_no"], "touchpoint": asked["survey"],
        "metric": asked["question"], "score": asked["score"], "scale_min": np.where(nps, 0.0, 1.0), "scale_max": np.where(nps, 10.0, 5.0), "asked_at": asked["asked_at"],
        "answered_at": asked["answered_at"], "channel": asked["channel"], "programme": np.where(asked["survey"] == "overall", "relationship", "pulse"),
        "question_version": asked["question_version"],
    })  # fmt: skip


def _cases(tickets: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "case_id": tickets["ticket_id"], "journey_id": tickets["booking_no"], "customer_id": tickets["customer_no"], "touchpoint": tickets["topic"].map(TOUCHPOINT_OF_CAUSE),
        "cause": tickets["topic"], "opened_at": tickets["opened_at"], "closed_at": tickets["closed_at"],
        "recovered": tickets["recovered"].map({"yes": True, "no": False}).astype(object),
    })  # fmt: skip


def _comments(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    said = frames["responses"][frames["responses"]["comment"].notna()]
    survey = pd.DataFrame({
        "comment_id": said["response_id"] + ":comment", "journey_id": said["booking_no"], "customer_id": said["customer_no"], "touchpoint": said["survey"],
        "origin": "survey", "directness": "direct", "text": said["comment"], "written_at": said["answered_at"], "language": said["language"],
    })  # fmt: skip
    wrote = frames["tickets"]
    ticket = pd.DataFrame({
        "comment_id": wrote["ticket_id"] + ":text", "journey_id": wrote["booking_no"], "customer_id": wrote["customer_no"], "touchpoint": "care", "origin": "ticket",
        "directness": "direct", "text": wrote["text"], "written_at": wrote["opened_at"], "language": None,
    })  # fmt: skip
    return pd.concat([survey, ticket], ignore_index=True)


def needed_for(*names: str, notebook: Path = REPO / "notebooks" / "02_journeys.ipynb") -> list[ast.stmt]:
    """The statements of a notebook on which the values of these names rest, in order: what is shown and drawn is left out."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", [])]
    wanted, kept = set(names), []
    for statement in reversed([statement for text in code for statement in ast.parse(text).body]):
        stored = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        imported = {alias.asname or alias.name for alias in getattr(statement, "names", ()) if isinstance(statement, ast.Import | ast.ImportFrom)}
        if "study" in stored or not wanted & (stored | imported):
            continue
        kept.append(statement)
        whole = isinstance(statement, ast.Assign | ast.Import | ast.ImportFrom)
        wanted = (wanted - stored - imported if whole else wanted) | {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return kept[::-1]


def worked_out(study: Study, *names: str, **given) -> dict:
    """What page 02 knows once these names are worked out, by the notebook's own statements; what is given is not worked out."""
    space = {"study": study, "confidence": study.parameters.confidence, "seed": study.parameters.seed, **given}
    for statement in needed_for(*names):
        targets = {target.id for target in getattr(statement, "targets", ()) if isinstance(target, ast.Name)}
        if not targets or targets - set(given):
            exec(compile(ast.Module([statement], type_ignores=[]), "02_journeys", "exec"), space)  # the notebook's own lines
    return space


def without_anything(frames: dict[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    """The frames of a brand in which nothing goes with anything: when a rental was is drawn by lot, scores are a customer's own way of
    answering and chance, on one level at every touchpoint, and what was said was said by somebody else.

    Rentals that were not over are left out, since they would stay so wherever they are put.
    """
    rng = np.random.default_rng([seed, 1])
    over = frames["rentals"]["status"] != "open"
    rentals = frames["rentals"][over].set_index("booking_no")
    later = pd.Series(rng.permutation(rentals["booked_at"].to_numpy()) - rentals["booked_at"].to_numpy(), rentals.index)
    out = dict(frames)
    for name in ("rentals", "responses", "tickets", "calls"):
        rows = frames[name][frames[name]["booking_no"].isin(later.index)].reset_index(drop=True)
        moved = rows["booking_no"].map(later)
        times = list(rows.select_dtypes("datetime"))
        out[name] = rows.assign(**{column: rows[column] + moved for column in times})
    asked, own = out["responses"], pd.Series(rng.normal(0, 0.8, len(frames["customers"])), frames["customers"]["customer_no"])
    felt = asked["customer_no"].map(own).to_numpy() + rng.normal(0, 1, len(asked))
    score = np.where(asked["question"] == "nps", np.rint(8 + 1.6 * felt).clip(0, 10), np.rint(4 + 0.8 * felt).clip(1, 5))
    said = asked["comment"].notna().to_numpy().nonzero()[0]
    other = rng.permutation(said)
    texts = {column: asked[column].to_numpy(object, copy=True) for column in ("comment", "language")}
    for column, text in texts.items():
        text[said] = asked[column].to_numpy(object)[other]
    out["responses"] = asked.assign(score=np.where(asked["answered_at"].notna(), score, np.nan), **texts)
    return out
