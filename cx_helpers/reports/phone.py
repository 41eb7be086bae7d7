"""What a phone folds: a figure or a table waits under its sentence until a reader ticks it open.

A tick, not `details`: a page runs no script, and only a tick can be shut on a phone and open on a wider screen and on
paper in every browser. Wider screens do not see it.
"""

from __future__ import annotations

from html import escape

from cx_helpers.reports.sentences import Sentences


def folded(inside: str, slug: str, say: Sentences, message: str = "phone.figure", **args: int) -> str:
    """HTML that is folded on a phone, and the tick that opens it.

    Parameters
    ----------
    inside : such as the subtitle, the drawing or table, and its notes
    slug : id of the piece; the tick is ``<slug>-open``
    message : what the tick says, with its arguments
    """
    words = say.say(message, **args)
    return (
        f'<input class="fold" type="checkbox" id="{slug}-open"><label class="foldname" for="{slug}-open">{escape(words)}'
        f'<span class="vh">: {escape(slug)}</span></label><div class="more">{inside}</div>'
    )
