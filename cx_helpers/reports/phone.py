"""What a phone folds: a figure or a table waits under its sentence until a reader ticks it open.

A tick, not `details`: a page runs no script, and only a tick can be shut on a phone and open on a wider screen and on
paper in every browser. Wider screens do not see it.
"""

from __future__ import annotations

from html import escape

from cx_helpers.reports.sentences import Sentences

FEW_ROWS = 2  # a table as short as this stays open


def folded(inside: str, slug: str, say: Sentences, rows: int | None = None) -> str:
    """What stands under a headline, folded on a phone.

    Parameters
    ----------
    inside : HTML of the subtitle, the drawing or table, and its notes
    slug : id of the piece; the tick is ``<slug>-open``
    rows : of a table; None is a figure
    """
    if rows is not None and rows <= FEW_ROWS:
        return f'<div class="more">{inside}</div>'
    words = say.say("phone.figure") if rows is None else say.say("phone.table", count=rows)
    return (
        f'<input class="fold" type="checkbox" id="{slug}-open"><label class="foldname" for="{slug}-open">{escape(words)}'
        f'<span class="vh">: {escape(slug)}</span></label><div class="more">{inside}</div>'
    )
