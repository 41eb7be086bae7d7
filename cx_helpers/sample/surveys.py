"""The survey tool's exports: answers as Qualtrics writes them (three header rows), invitations without an answer apart."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from cx_helpers.sample.formats import iso, number

# column: (touchpoint, question, wording, what the customer reads)
QUESTIONS = {
    "Q1": ("booking", "csat", "v1", "How satisfied are you with the booking?"),
    "Q2": ("counter", "csat", "v1", "How satisfied are you with the counter?"),
    "Q3": ("handover", "nps", "v1", "How likely are you to recommend us to a friend?"),
    "Q4": ("assistance", "csat", "v1", "How satisfied are you with the road assistance?"),
    "Q5": ("return", "csat", "v1", "How satisfied are you with the return of the car?"),
    "Q6": ("return", "csat", "v2", "Thank you for bringing our car back! How happy are you with the return?"),
    "Q7": ("settle", "csat", "v1", "How satisfied are you with invoice and deposit?"),
}
REMEMBERED = {"Q1": ("overall", "nps", "v1", "How likely are you to recommend Sample Rentals to a friend?")}
COMMENT = "What is the main reason for your answer?"
_META = {
    "StartDate": "Start Date", "EndDate": "End Date", "Status": "Response Type", "Progress": "Progress",
    "Duration (in seconds)": "Duration (in seconds)", "Finished": "Finished", "RecordedDate": "Recorded Date",
    "ResponseId": "Response ID", "DistributionChannel": "Distribution Channel", "UserLanguage": "User Language",
}  # fmt: skip
_IMPORT = {
    "StartDate": "startDate", "EndDate": "endDate", "Status": "status", "Progress": "progress", "Duration (in seconds)": "duration",
    "Finished": "finished", "RecordedDate": "recordedDate", "ResponseId": "_recordId", "DistributionChannel": "distributionChannel",
    "UserLanguage": "userLanguage",
}  # fmt: skip
_CHANNELS = {"app": "anonymous", "sms": "sms", "email": "email"}
_LANGUAGES = {"en": "EN", "es": "ES", "pt": "PT"}
_ID_LETTERS = np.array(list("0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"))


def survey_tables(responses: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Answers by the half-year they were recorded in, one file a survey; invitations nobody answered by year."""
    given = responses["answered_at"].notna()
    remembered = responses["survey"] == "overall"
    tables = {}
    for name, questions, mine in (("pulse", QUESTIONS, given & ~remembered), ("relationship", REMEMBERED, given & remembered)):
        answers = _answers(responses[mine], questions)
        recorded = answers["RecordedDate"].str
        half = recorded[:4] + np.where(recorded[5:7] < "07", "H1", "H2")
        for one, rows in answers.groupby(half.to_numpy(object)):
            tables[f"{name}_{one}.csv"] = rows.reset_index(drop=True)
    silent = _invitations(responses[~given])
    for year, rows in silent.groupby(silent["Sent (UTC)"].str[:4].to_numpy(object)):
        tables[f"invitations_{year}.csv"] = rows.reset_index(drop=True)
    return tables


def _answers(given: pd.DataFrame, questions: dict[str, tuple]) -> pd.DataFrame:
    """One row an answer, one column a question."""
    given = given.sort_values(["answered_at", "response_id"], ignore_index=True)
    seconds = given["response_id"].str[1:].astype(int) % 150 + 20
    table = pd.DataFrame({
        "StartDate": iso(given["answered_at"] - pd.to_timedelta(seconds, unit="s")), "EndDate": iso(given["answered_at"]),
        "Status": "IP Address", "Progress": "100", "Duration (in seconds)": seconds.astype(str), "Finished": "True",
        "RecordedDate": iso(given["answered_at"]), "ResponseId": _record_ids(given["response_id"]),
        "DistributionChannel": given["channel"].map(_CHANNELS), "UserLanguage": given["language"].map(_LANGUAGES),
        "invitation_no": given["response_id"], "invited_at": iso(given["asked_at"]), "booking_no": given["booking_no"],
        "customer_no": given["customer_no"], "survey": given["survey"], "wording": given["question_version"],
        "sent_by": given["channel"],
    })  # fmt: skip
    score = number(given["score"], 0)
    for column, (survey, question, version, _) in questions.items():
        mine = (given["survey"] == survey) & (given["question"] == question) & (given["question_version"] == version)
        table[column] = np.where(mine, score, None)
    table["Q_comment"] = given["comment"].to_numpy(object)
    table = table.astype(object)
    return table.where(table.notna(), None)


def _record_ids(numbers: pd.Series) -> np.ndarray:
    """Ids as Qualtrics makes them, `R_` and 15 letters; always the same for the same number."""
    left = (numbers.str[1:].astype("uint64") * np.uint64(0x9E3779B97F4A7C15)).to_numpy()
    letters = np.empty((len(left), 15), dtype="U1")
    for place in range(15):
        letters[:, place] = _ID_LETTERS[(left % len(_ID_LETTERS)).astype(int)]
        left = left // np.uint64(len(_ID_LETTERS)) + np.uint64(place * 7919)
    return "R_" + letters.view("U15").ravel().astype(object)


def _invitations(silent: pd.DataFrame) -> pd.DataFrame:
    """The distribution history of those who did not answer."""
    silent = silent.sort_values(["asked_at", "response_id"])
    return pd.DataFrame({
        "Invitation": silent["response_id"], "External Data Reference": silent["customer_no"], "Booking": silent["booking_no"],
        "Survey": silent["survey"], "Wording": silent["question_version"], "Sent by": silent["channel"], "Sent (UTC)": iso(silent["asked_at"]),
        "Status": np.where(silent["channel"] == "email", "Email Sent", "Message Sent"),
    }).astype(object)  # fmt: skip


def header_rows(table: pd.DataFrame) -> list[list[str]]:
    """The second and third row of an export: what the customer reads, and the tool's own ids."""
    questions = QUESTIONS if "Q2" in table else REMEMBERED
    words = {**_META, "Q_comment": COMMENT, **{column: item[3] for column, item in questions.items()}}
    ids = {**_IMPORT, **{column: f"QID{column[1:]}" for column in questions}, "Q_comment": "QID20_TEXT"}
    return [
        [words.get(column, column) for column in table],
        [json.dumps({"ImportId": ids.get(column, column)}, separators=(",", ":")) for column in table],
    ]
