"""Label what is felt in comments: one at a time, kept at once."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets

from cx_helpers.errors import CxError
from cx_helpers.journeys.voice.labelling import Sitting, begin
from cx_helpers.journeys.voice.lexicon import EMOTIONS

HOW = (
    "A feeling is present where the writer says it or unmistakably shows it. A judgement of quality alone (good, poor) and a fact "
    "alone (not delivered) are none. Several may be present."
)


class LabelComments(ipywidgets.VBox):
    """A sitting of labelling (see `journeys.voice.labelling`) as a widget.

    Parameters
    ----------
    sitting : Sitting

    Attributes
    ----------
    present : dict of emotion to ToggleButton
    keep, none, skip, undo : Button
    text, progress, problem : HTML
    """

    def __init__(self, sitting: Sitting):
        self.sitting = sitting
        self.text, self.progress, self.problem = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        self.present = {emotion: ipywidgets.ToggleButton(description=emotion, tooltip=f"{emotion} is present") for emotion in EMOTIONS}
        self.keep = ipywidgets.Button(description="keep", button_style="primary", tooltip="keep these feelings, and go on")
        self.none = ipywidgets.Button(description="none present", tooltip="no feeling is present; go on")
        self.skip = ipywidgets.Button(description="skip", tooltip="decide another time")
        self.undo = ipywidgets.Button(description="undo", tooltip="take the last label back")
        self.keep.on_click(lambda _: self._do(lambda: sitting.label(self._chosen())))
        self.none.on_click(lambda _: self._do(lambda: sitting.label([])))
        self.skip.on_click(lambda _: self._do(sitting.skip))
        self.undo.on_click(lambda _: self._do(sitting.undo))
        for toggle in self.present.values():
            toggle.observe(lambda _: self._ready(), "value")
        feelings = ipywidgets.HBox(list(self.present.values()), layout=ipywidgets.Layout(flex_flow="row wrap"))
        steps = ipywidgets.HBox([self.keep, self.none, self.skip, self.undo], layout=ipywidgets.Layout(flex_flow="row wrap"))
        super().__init__([ipywidgets.HTML(f"<p>{escape(HOW)}</p>"), self.text, feelings, steps, self.problem, self.progress])
        self._show()

    def _chosen(self) -> list[str]:
        return [emotion for emotion, toggle in self.present.items() if toggle.value]

    def _do(self, step) -> None:
        """One step; what goes wrong is told in its place and nothing is lost."""
        self.problem.value = ""
        try:
            step()
        except (CxError, OSError) as error:
            self.problem.value = f'<p role="alert"><b>{escape(str(error))}</b></p>'
            return
        self._show()

    def _show(self) -> None:
        row = self.sitting.current
        for toggle in self.present.values():
            toggle.value = False
            toggle.disabled = row is None
        self.none.disabled = self.skip.disabled = row is None
        self.undo.disabled = not self.sitting.kept
        if row is None:
            self.text.value = "<p>This sitting is done. Begin another to go on.</p>"
        else:
            place = f"{self.sitting.at + 1} of {len(self.sitting.queue)} · {row['language']} · {row['month']} · {row['origin'] or 'unknown'}"
            words = escape(row["text"]).replace("\n", "<br>")
            self.text.value = f'<p>{escape(place)}</p><blockquote lang="{escape(row["language"])}" style="font-size:1.2em">{words}</blockquote>'
        rows = (f"{r.language}: {r.labels} labels, {r.by_lot} of them by lot" for r in self.sitting.progress().itertuples())
        self.progress.value = f"<p>{escape('; '.join(rows))}</p>"
        self._ready()

    def _ready(self) -> None:
        self.keep.disabled = self.sitting.current is None or not self._chosen()


def label_comments(study: Any, *, count: int = 50, who: str = "") -> LabelComments:
    """The widget on a study's comments; labels go to `labels.csv` beside the brand's configuration, at each click.

    Parameters
    ----------
    study : Study
    count : int
        Most comments in this sitting.
    who : str
        Who labels; kept beside the label where given.

    Raises
    ------
    UsageError
        There is nothing to label.

    Examples
    --------
    >>> label_comments(study, count=20)    # doctest: +SKIP
    """
    return LabelComments(begin(study, count=count, who=who))
