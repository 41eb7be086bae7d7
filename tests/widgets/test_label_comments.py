"""The labelling widget: each click is kept, errors are seen, the end is said."""

import pandas as pd
import pytest

from cx_helpers.journeys.voice.labelling import Sitting
from cx_helpers.journeys.voice.labels import labels
from cx_helpers.widgets.label_comments import LabelComments


@pytest.fixture
def widget(shop):
    comments = pd.DataFrame({"comment_id": ["k1", "k2", "k3"], "text": ["<b>loud</b>", "two\nlines", "three"], "language": "en", "month": "2026-03",
                             "origin": "survey", "touchpoint": "counter"})  # fmt: skip
    return LabelComments(Sitting(shop.load(), comments))


def test_each_click_is_kept_at_once_and_can_be_taken_back(widget):
    brand, first = widget.sitting.brand, widget.sitting.current["comment_id"]
    assert widget.keep.disabled and widget.undo.disabled
    widget.present["anger"].value = widget.present["worry"].value = True
    assert not widget.keep.disabled
    widget.keep.click()
    row = labels(brand).iloc[0]
    assert row["comment_id"] == first and row["anger"] and row["worry"] and not row["joy"]
    assert not widget.present["anger"].value and "en: 1 labels, 1 of them by lot" in widget.progress.value
    widget.undo.click()
    assert labels(brand).empty and widget.sitting.current["comment_id"] == first


def test_the_end_is_said_and_nothing_can_be_clicked_there(widget):
    widget.none.click()
    widget.skip.click()
    widget.none.click()
    assert "This sitting is done" in widget.text.value and widget.none.disabled and widget.keep.disabled and all(t.disabled for t in widget.present.values())
    assert len(labels(widget.sitting.brand)) == 2


def test_text_is_shown_as_text(widget):
    shown = []
    while widget.sitting.current is not None:
        shown.append(widget.text.value)
        widget.skip.click()
    assert any("&lt;b&gt;loud" in text for text in shown) and any("two<br>lines" in text for text in shown) and 'lang="en"' in shown[0]


def test_an_error_is_seen_and_nothing_is_lost(widget, monkeypatch):
    at = widget.sitting.at

    def refused(*_):
        raise PermissionError("labels.csv: <not> writable")

    monkeypatch.setattr(widget.sitting, "label", refused)
    widget.none.click()
    assert "labels.csv: &lt;not&gt; writable" in widget.problem.value and 'role="alert"' in widget.problem.value and widget.sitting.at == at
