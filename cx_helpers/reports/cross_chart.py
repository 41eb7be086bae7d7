"""A score split two ways as dots with their intervals: the figure of the explorer, and the same on a page."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import POINT, kept_rows, limits_of, need
from cx_helpers.reports.cells import UNKNOWN, Column, shown
from cx_helpers.reports.charts import plot_states
from cx_helpers.reports.marks import PALETTE, nice_step, steps, wrap
from cx_helpers.reports.numbers import known
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

MOST_PANELS = 4  # more columns are read in the table
WHOLE = ""
TWIN = (
    Column("row_label", "head", title="explored_row", small=("column_label",), said=True),
    Column("value", "number", ("value", "low", "high"), strip=True),
    Column("n", "count"),
)


def crossed(frame: pd.DataFrame) -> Drawing:
    """A score by rows, in a panel a column where there are at most four; hidden cells leave their place empty.

    Parameters
    ----------
    frame : DataFrame
        label, row, column ("" is all), row_label, column_label, value, low, high, n, shown.
    """
    need(frame, ("label", "row", "column", "row_label", "column_label", "value", "low", "high", "n"), "cross_chart.crossed")
    panels = _panels(frame)
    drawn = pd.concat(panels, ignore_index=True)
    return Drawing(
        draw=lambda say, narrow, name: _draw(panels, say, narrow),
        title=lambda say: say.say("explorer.title", label=str(frame["label"].iloc[0])),
        desc=lambda say: " ".join(say.say("chart.states.desc", label=_place(r, say), value=r, n=r["n"]) for r in kept_rows(drawn)),
        tables=(("twin.numbers", frame, TWIN),),
    )


def _named(label: str, say: Sentences) -> str:
    return say.say("gap.not_known") if label == UNKNOWN else label


def _place(row: dict, say: Sentences) -> str:
    return ", ".join(_named(part, say) for part in (row["row_label"], row["column_label"]) if part)


def _panels(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of each panel: one a column, or the totals where there are none, too many, or one is hidden altogether."""
    columns = [column for column in dict.fromkeys(frame["column"]) if column != WHOLE]
    inside = frame[frame["row"] != WHOLE]
    levels = inside.drop_duplicates("row")[["row", "row_label"]]
    told = set(inside.loc[inside["shown"].eq(True) & inside["value"].notna(), "column"]) | {UNKNOWN}
    chosen = columns if 0 < len(columns) <= MOST_PANELS and set(columns) <= told else [WHOLE]
    return [levels.merge(inside[inside["column"] == column].drop(columns="row_label"), on="row", how="left").assign(shown=lambda f: f["shown"].eq(True)) for column in chosen]


def _draw(panels: list[pd.DataFrame], say: Sentences, narrow: bool) -> Figure:
    known_rows = [row for panel in panels for row in kept_rows(panel)]
    limits = limits_of(known_rows) if known_rows else (0.0, 1.0)
    count = len(panels)
    each, width = (62, NARROW) if narrow else (34 if count > 1 else 40, WIDE)
    high = each * len(panels[0])
    if count == 1:
        figure, axes = canvas(width, high + 44, left=8 if narrow else 240, right=12 if narrow else 226, top=8, bottom=36)
        axes[0][0].set_xlim(*limits)
        plot_states(panels[0].assign(label=[_named(name, say) for name in panels[0]["row_label"]]), axes[0][0], say, narrow=narrow)
        return figure
    if narrow:
        figure, axes = canvas(width, (high + 74) * count, count, 1, left=8, right=12, top=34, bottom=36, hspace=74 / high)
        for ax, panel in zip(axes[:, 0], panels, strict=True):
            ax.set_xlim(*limits)
            plot_states(panel.assign(label=[_named(name, say) for name in panel["row_label"]]), ax, say, narrow=True)
            _heading(ax, panel, say, NARROW - 24)
        return figure
    figure, axes = canvas(width, high + 78, 1, count, left=200, right=16, top=42, bottom=36, wspace=0.12)
    for ax, panel in zip(axes[0], panels, strict=True):
        plot_panel(panel, ax, say, limits)
        _heading(ax, panel, say)
    for i, row in enumerate(records(panels[0])):
        words = "\n".join(wrap(_named(str(row["row_label"]), say), 180, lines=2))
        axes[0][0].annotate(words, (0, i), xytext=(-192 * POINT, 0), ha="left", va="center", color=PALETTE["ink"], xycoords=("axes fraction", "data"), textcoords="offset points", annotation_clip=False)  # fmt: skip
    return figure


def plot_panel(panel: pd.DataFrame, ax: Axes, say: Sentences, limits: tuple[float, float]) -> Axes:
    """One panel: a row a level, dot and interval; a hidden cell says so."""
    ax.set_xlim(*limits)
    ax.set_ylim(len(panel) - 0.4, -0.6)
    ax.grid(False)
    ax.grid(True, axis="x")
    ax.set_yticks([])
    ticks = [tick for tick in steps(*limits, nice_step((limits[1] - limits[0]) / 3)) if limits[0] <= tick <= limits[1]]
    ax.set_xticks(ticks, [say.numbers.number(tick) for tick in ticks])
    for i, row in enumerate(records(panel)):
        if shown(row) and known(row["value"]):
            interval(ax, i, row["low"], row["high"], "lived", upright=False)
            dot(ax, row["value"], i, "lived")
        elif known(row.get("scale_min", float("nan"))):
            ax.annotate(say.say("number.hidden"), (0.5, i), xycoords=("axes fraction", "data"), ha="center", va="center", color=PALETTE["ink-3"], backgroundcolor=PALETTE["paper"])
    return ax


def _heading(ax: Axes, panel: pd.DataFrame, say: Sentences, room: float = 150) -> None:
    """What the panel's column is, above it."""
    labels = panel["column_label"].dropna()
    words = "\n".join(wrap(_named(str(labels.iloc[0]), say) if len(labels) else "", room, lines=2, bold=True))
    ax.annotate(words, (0, 1), xycoords="axes fraction", xytext=(0, 6), textcoords="offset points", ha="left", va="bottom", color=PALETTE["ink"], weight="bold", annotation_clip=False)
