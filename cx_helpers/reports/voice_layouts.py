"""The tables of what customers said: feelings, causes, topics, and how good the reading is."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

VALUE = ("value", "low", "high")

VOICE: dict[str, tuple[Column, ...]] = {
    "felt": (
        Column("label", "head", title="touchpoint", said=True),
        Column("negative", "share", ("negative", "negative_low", "negative_high"), title="bad_feeling", strip=True),
        Column("positive", "share", ("positive", "positive_low", "positive_high"), title="good_feeling", strip=True, role="ink"),
        Column("says", "verdict"),
        Column("n", "count", title="customers"),
    ),
    "felt_months": (
        Column("month", "month"),
        Column("negative", "share", ("negative", "negative_low", "negative_high"), title="bad_feeling", strip=True),
        Column("positive", "share", ("positive", "positive_low", "positive_high"), title="good_feeling", strip=True, role="ink"),
        Column("n", "count", title="customers"),
    ),
    "emotions": (
        Column("emotion", "headword"),
        Column("label", "text", title="touchpoint", said=True),
        Column("value", "share", VALUE, title="comments_with_it"),
        Column("read_share", "share"),
        Column("n", "count", title="customers"),
    ),
    "causes": (
        Column("label", "head", title="cause"),
        Column("value", "share", VALUE, title="customers_share", strip=True),
        Column("change", "share_change", ("change", "change_low", "change_high"), title="of_late", strip=True, zero=0.0),
        Column("n", "count", title="customers"),
    ),
    "topics": (
        Column("topic", "head"),
        Column("language", "text", said=True),
        Column("value", "share", VALUE, title="customers_share"),
        Column("change", "share_change", ("change", "change_low", "change_high"), title="of_late", zero=0.0),
        Column("stability", "number", minor=True),
        Column("n", "count", title="customers"),
    ),
    "voice_quality": (
        Column("emotion", "headword"),
        Column("language", "text", said=True),
        Column("reading", "word", minor=True),
        Column("use", "word", title="in_use"),
        Column("verdict", "word", title="says"),
        Column("base_rate", "share", ("base_rate", "base_rate_low", "base_rate_high"), minor=True),
        Column("precision", "share", ("precision", "precision_low", "precision_high")),
        Column("recall", "share", ("recall", "recall_low", "recall_high")),
        Column("mcc", "number", ("mcc", "mcc_low", "mcc_high")),
        Column("auc", "number", ("auc", "auc_low", "auc_high"), minor=True),
        Column("n", "count", title="labels"),
    ),
}
