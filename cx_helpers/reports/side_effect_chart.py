"""What an input moves along the journey: a path from stage to stage, better up; on a phone a list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import need
from cx_helpers.reports.cells import Column
from cx_helpers.reports.marks import PALETTE, wrap
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

N = Column("n", "count")
TABLE = (
    Column("label", "head", title="input", small=("step", "given", "touchpoint_label")),
    Column("local", "measure_change", ("local", "local_low", "local_high"), title="where_it_happens", zero=0.0, small=("local_label",)),
    Column("total", "change", ("total", "total_low", "total_high"), title="in_the_end", zero=0.0),
    Column("harmed_labels", "list", title="worse_on_the_way"),
    Column("verdict", "verdict", title="says"),
    N,
)  # fmt: skip
TWIN = (
    Column("label", "head", title="measure", small=("stage_label", "input_label")),
    Column("effect", "measure_change", ("effect", "low", "high"), title="moves_by", zero=0.0),
    Column("size", "change", ("size", "size_low", "size_high"), title="in_deviations", zero=0.0),
    Column("says", "word"),
    N,
)  # fmt: skip
HALF, ROOM_ABOVE, ROOM_BELOW, LEFT, MOST = 70, 124, 100, 170, 7
LIST_ROW, LIST_HEAD = 58, 66


def side_effects(paths: pd.DataFrame) -> Drawing:
    """The paths of one or two inputs: what each moves beyond noise, in the order of the journey.

    Parameters
    ----------
    paths : DataFrame
        As `drivers.told_side_effects.told_paths` gives it. Drawn are the rows that are usable; the table holds all.
    """
    need(paths, ("input", "input_label", "step", "label", "stage_label", "role", "effect", "low", "high", "size", "usable", "says", "n"), "side_effect_chart.side_effects")
    return Drawing(
        draw=lambda say, narrow, name: _narrow(paths, say) if narrow else _wide(paths, say),
        title=lambda say: say.say("chart.side_effects.title", labels=list(dict.fromkeys(paths["input_label"]))),
        desc=lambda say: " ".join(_desc(group, say) for group in _panels(paths)),
        tables=(("twin.numbers", paths.drop(columns=["step"]), TWIN),),
        marks="marks.side_effects",
    )


def _panels(paths: pd.DataFrame) -> list[pd.DataFrame]:
    return [group for _, group in paths.groupby("input", sort=False)]


def _moved(group: pd.DataFrame) -> pd.DataFrame:
    """What is drawn: beyond noise, the largest if they are too many for a page, in the order of the journey."""
    clear = group[group["usable"]]
    return clear.loc[clear["size"].abs().sort_values(ascending=False, kind="stable").index[:MOST]].sort_index()


def _desc(group: pd.DataFrame, say: Sentences) -> str:
    parts = [("chart.side_effects.part", {**row, "number": _number(row, say)}) for row in records(_moved(group))]
    words = [say.say("chart.side_effects.desc", label=group["input_label"].iloc[0], parts=parts)] if parts else []
    silent = int((~group["usable"]).sum())
    return " ".join([*words, *([say.say("chart.side_effects.others", count=silent)] if silent else [])])


def _number(row: dict[str, Any], say: Sentences, part: str = "") -> str:
    unit = "share" if row.get("statistic") == "share" else str(row.get("unit_of_measure") or "")
    return say.numbers.measure({"value": row["effect"], "low": row["low"], "high": row["high"]}, unit, part, True)


def _clear(row: dict[str, Any]) -> tuple[str, str]:
    """Role and colour token of a mark: harm is a triangle."""
    role = "harm" if row["says"] == "worse" else row["role"]
    return role, role if role == "harm" else "ink"


def _halves(group: pd.DataFrame, say: Sentences) -> tuple[float, float]:
    """Pixels over and under the line of no change: a side without any mark is cut short, but holds the heading."""
    rows, heading = records(_moved(group)), 12 + 17 * sum(len(part) for part in _named(group, say))
    up, down = any(row["size"] > 0 for row in rows), any(row["size"] <= 0 for row in rows)
    return max(ROOM_ABOVE + HALF if up or not rows else 96.0, heading + 30.0), (HALF + ROOM_BELOW if down else 26.0)


def _wide(paths: pd.DataFrame, say: Sentences) -> Figure:
    panels = _panels(paths)
    heights = [sum(_halves(group, say)) for group in panels]
    figure, axes = canvas(WIDE, sum(heights), left=0, right=0, top=0, bottom=0)
    ax = axes[0][0]
    ax.set(xlim=(0, WIDE), ylim=(sum(heights), 0))
    ax.set_axis_off()
    for i, group in enumerate(panels):
        plot_side_effects(group, ax, say, top=sum(heights[:i]))
    return figure


def _root(size: float, reach: float) -> float:
    """A height as a share of the largest, on a root scale: small effects are seen beside large ones."""
    return float(np.sign(size) * np.sqrt(abs(size) / reach))


def plot_side_effects(group: pd.DataFrame, ax: Axes, say: Sentences, top: float = 0.0) -> Axes:
    """One input's path on an Axes of 880 pixels, its upper edge at `top`: heights are roots of standard deviations, better up."""
    rows = records(_moved(group))
    _heading(ax, group, say, top)
    middle = top + _halves(group, say)[0]
    for words, y in (("axis.better", middle - 14), ("axis.worse", middle + 14)):
        ax.text(0, y, say.say(words), va="center", color=PALETTE["ink-2"])
    ax.plot([LEFT - 52, WIDE], [middle, middle], color=PALETTE["ink"], linewidth=0.75, zorder=1)
    if not rows:
        return ax
    reach = max(abs(row[end]) for row in rows for end in ("size_low", "size_high"))
    room = (WIDE - LEFT) / len(rows)
    at = [LEFT + room * (i + 0.5) for i in range(len(rows))]
    heights = [middle - HALF * _root(row["size"], reach) for row in rows]
    _path(ax, at, heights)
    _stages(ax, rows, at, room, say, top)
    for row, x, y in zip(rows, at, heights, strict=True):
        role, _ = _clear(row)
        ends = [middle - HALF * _root(row[end], reach) for end in ("size_low", "size_high")]
        interval(ax, x, *ends, role)
        dot(ax, x, y, role)
        _words(ax, row, x, min(ends) if row["size"] > 0 else max(ends), room, say)
    return ax


def _named(group: pd.DataFrame, say: Sentences) -> tuple[list[str], list[str]]:
    """Lines of the input's name, and of what one step of it is."""
    message, args = group["step"].iloc[0]
    return wrap(group["input_label"].iloc[0], LEFT - 60, lines=4, bold=True), wrap(say.say(message, **args), LEFT - 60, lines=2)


def _heading(ax: Axes, group: pd.DataFrame, say: Sentences, top: float) -> None:
    lines, under = _named(group, say)
    ax.text(0, top + 6, "\n".join(lines), va="top", fontweight="bold", color=PALETTE["ink"], linespacing=1.25)
    ax.text(0, top + 12 + 17 * len(lines), "\n".join(under), va="top", color=PALETTE["ink-2"], linespacing=1.25)


def _path(ax: Axes, at: list[float], heights: list[float]) -> None:
    """The pale line that guides the eye."""
    along = (1 - np.cos(np.pi * np.linspace(0, 1, 24))) / 2
    for i in range(len(at) - 1):
        x = np.linspace(at[i], at[i + 1], 24)
        ax.plot(x, heights[i] + (heights[i + 1] - heights[i]) * along, color=PALETTE["quiet-tint"], linewidth=6.75, zorder=0, solid_capstyle="round")


def _stages(ax: Axes, rows: list[dict], at: list[float], room: float, say: Sentences, top: float) -> None:
    """Names of the stages over what lies in them."""
    ax.plot([LEFT - 52, WIDE - 2], [top + 16, top + 16], color=PALETTE["quiet"], linewidth=0.75, zorder=0)
    ax.plot([WIDE - 8, WIDE - 2, WIDE - 8], [top + 12, top + 16, top + 20], color=PALETTE["quiet"], linewidth=0.75, zorder=0)
    names = [row["stage_label"] or say.say("chart.side_effects.end") for row in rows]
    for name in dict.fromkeys(names):
        mine = [x for x, one in zip(at, names, strict=True) if one == name]
        text = wrap(name, room * len(mine) - 8, lines=1, bold=True)[0]
        ax.text(
            (mine[0] + mine[-1]) / 2, top + 16, text, ha="center", va="center", fontweight="bold", color=PALETTE["ink"],
            bbox={"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 3},
        )  # fmt: skip


def _words(ax: Axes, row: dict, x: float, end: float, room: float, say: Sentences) -> None:
    """Name, number and interval: above what is better, below what is worse; harm with its word."""
    _, ink = _clear(row)
    lines = [(line, "normal", "ink-2") for line in wrap(row["label"], room - 10, lines=2)]
    lines += [(_number(row, say, "bare"), "bold", ink), (_number(row, say, "interval"), "normal", ink if ink == "harm" else "ink-2")]
    lines += [(say.term("worse"), "normal", "harm")] if ink == "harm" else []
    up = row["size"] > 0
    y = end - 8 - 16 * len(lines) if up else end + 8
    for i, (words, weight, token) in enumerate(lines):
        ax.text(x, y + 16 * i + 8, words, ha="center", va="center", fontweight=weight, color=PALETTE[token])


def _narrow(paths: pd.DataFrame, say: Sentences) -> Figure:
    """A list from step to step, each row on the same scale: worse left, better right."""
    panels = [(group, records(_moved(group))) for group in _panels(paths)]
    height = sum(LIST_HEAD + 8 + LIST_ROW * len(rows) for _, rows in panels)
    figure, axes = canvas(NARROW, height, left=0, right=0, top=0, bottom=0)
    ax = axes[0][0]
    ax.set(xlim=(0, NARROW), ylim=(height, 0))
    ax.set_axis_off()
    y, middle = 0.0, NARROW / 2
    for group, rows in panels:
        message, args = group["step"].iloc[0]
        ax.text(0, y + 10, wrap(group["input_label"].iloc[0], NARROW - 4, lines=1, bold=True)[0], va="center", fontweight="bold", color=PALETTE["ink"])
        ax.text(0, y + 28, say.say(message, **args), va="center", color=PALETTE["ink-2"])
        for words, x, side in (("axis.worse", 0, "left"), ("axis.better", NARROW, "right")):
            ax.text(x, y + 50, say.say(words), ha=side, va="center", fontsize=9, color=PALETTE["ink-3"])
        y += LIST_HEAD
        ax.plot([middle, middle], [y - 8, y + LIST_ROW * len(rows) - 4], color=PALETTE["ink"], linewidth=0.75, zorder=0)
        reach = max((abs(row[end]) for row in rows for end in ("size_low", "size_high")), default=1.0)
        for row in rows:
            role, ink = _clear(row)
            name, number = f"{row['stage_label'] or say.say('chart.side_effects.end')}: {row['label']}", _number(row, say, "bare")
            paper = {"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 1.5}
            ax.text(0, y + 8, wrap(name, NARROW - 12 - 8 * len(number), lines=1)[0], va="center", color=PALETTE["ink-2"], bbox=paper)
            ax.text(NARROW, y + 8, number, ha="right", va="center", fontweight="bold", color=PALETTE[ink], bbox=paper)
            place = [middle + _root(row[part], reach) * (middle - 12) for part in ("size", "size_low", "size_high")]
            interval(ax, y + 32, place[1], place[2], role, upright=False)
            dot(ax, place[0], y + 32, role)
            if ink == "harm":
                ax.text(NARROW, y + 32, say.term("worse"), ha="right", va="center", color=PALETTE["harm"])
            y += LIST_ROW
        y += 8
    return figure
