"""The journey map drawn wide: two lanes, one column a touchpoint, rows as high as their longest label.

Every text is measured before it is placed, so that three or ten touchpoints, short or long labels, leave no
text over another. Units are CSS pixels; the page is 1,200 wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from cx_helpers.reports.cells import missing, shown, unit_of
from cx_helpers.reports.journey import Journey, Step, few, intents_words, open_share, standing_words, time_since, told, value_of
from cx_helpers.reports.journey_said import said
from cx_helpers.reports.journey_scores import scores
from cx_helpers.reports.journey_sheet import RIGHT, ROW, WIDTH, Sheet, whole_words
from cx_helpers.reports.marks import LINE, colour, line, mark, unbroken, wrap
from cx_helpers.reports.plots import svg_open
from cx_helpers.reports.sentences import Sentences

TALLEST = 800  # of the 1,200 across: on a landscape sheet words would stand below 7 points


def journey_wide(journey: Journey, say: Sentences, name: str, title: str, desc: str, whole: Journey | None = None) -> str:
    """The map as one SVG; `whole` is the journey that `journey` is a part of, so that both parts share one scale."""
    drawn, height = _drawn(journey, say, whole or journey)
    return svg_open(name, WIDTH, height, title, desc, "jmap") + drawn + "</svg>"


def journey_sheets(journey: Journey, say: Sentences, name: str, title: str, desc: str, whole: Journey | None = None) -> str:
    """The map for paper, a sheet a lane, where one sheet would make its words too small to read; else nothing."""
    if _drawn(journey, say, whole or journey)[1] <= TALLEST:
        return ""
    delivered = _drawn(replace(journey, remembered=[], weights=[]), say, whole or journey, ("delivered",))
    lanes = (delivered, _drawn(journey, say, whole or journey, ("lived",)))
    return "".join(svg_open(f"{name}-{place}", WIDTH, height, title, desc, "jmap") + drawn + "</svg>" for place, (drawn, height) in enumerate(lanes))


def _drawn(journey: Journey, say: Sentences, whole: Journey, lanes: Sequence[str] = ("delivered", "lived")) -> tuple[str, float]:
    """Stages over some lanes, and how high that is."""
    sheet = Sheet(journey, say)
    _header(sheet)
    wash = _delivered(sheet, whole) if "delivered" in lanes else ""
    height = (_lived(sheet, whole) if "lived" in lanes else sheet.y) + 2
    rules = line(f"M0 {height - 1:.1f}H{sheet.end:.1f}", "quiet", 1.5)
    if journey.remembered:
        rules += line(f"M{sheet.end + 8:.1f} 2V{height:.1f}", "quiet", 1.5)
    return wash + "".join(sheet.out) + rules, height


def _delivered(sheet: Sheet, whole: Journey) -> str:
    """The upper lane; gives the wash that lies behind it."""
    journey, say, top = sheet.journey, sheet.say, sheet.y
    sheet.y += 14
    _lane_title(sheet, "map.delivered", "delivered")
    sheet.row(say.say("map.volume"), lambda x, y, s: _volume(sheet, x, y, s))
    if any(not missing(s.row.get("hours_median")) for s in journey.steps):
        sheet.row(say.say("map.since"), lambda x, y, s: _since(sheet, x, y, s))
    judged = any(not missing(row.get("standard")) for step in whole.steps for row in step.inputs)
    sheet.row(say.say("map.work" if judged else "map.work_plain"), lambda x, y, s: _inputs(sheet, x, y, s))
    if any(not missing(s.row.get("owner")) for s in journey.steps):
        sheet.row(say.say("map.owner"), lambda x, y, s: sheet.words(x, y, str(s.row.get("owner") or "")))
    sheet.y += 4
    return f'<rect x="0" y="{top:.1f}" width="{sheet.end:.1f}" height="{sheet.y - top:.1f}" fill="{colour("wash")}"/>'


def _lived(sheet: Sheet, whole: Journey) -> float:
    """The lower lane, and beyond its line what is remembered; gives where the lower of both ends."""
    journey, say = sheet.journey, sheet.say
    sheet.y += 18
    lived = sheet.y
    sheet.out.append('<g class="halo">')
    _lane_title(sheet, "map.lived", "lived")
    sheet.y += sheet.block(9, sheet.y + 4, wrap(intents_words(journey, say), sheet.end - 18, lines=3), token="ink-2") + 4
    scores(sheet, whole)
    if any(s.also for s in journey.steps):
        sheet.row(say.say("map.also"), lambda x, y, s: _also(sheet, x, y, s))
    said(sheet, whole)
    if any(not missing(s.row.get("drop_off_share")) for s in journey.steps):
        sheet.out.append(line(f"M0 {sheet.y:.1f}H{sheet.end:.1f}", "rule"))
        sheet.y += 6
        sheet.row(say.say("map.left"), lambda x, y, s: _left(sheet, x, y, s))
    sheet.out.append("</g>")
    return max(sheet.y, _remembered(sheet, lived))


def _header(sheet: Sheet) -> None:
    """Stages over their touchpoints; a moment of truth has its diamond and the words."""
    places = list(enumerate(sheet.journey.steps))
    heights = []
    for _, group in groupby(places, key=lambda p: str(p[1].row.get("stage") or p[1].row.get("stage_label"))):
        members = list(group)
        left, right = sheet.x(members[0][0]), sheet.x(members[-1][0]) + sheet.inner
        sheet.out.append(line(f"M{left:.1f} 2H{right:.1f}", "ink", 4))
        name = str(members[0][1].row.get("stage_label") or members[0][1].row.get("stage") or "")
        heights.append(sheet.block(left, 25, whole_words(name, right - left, size=15, bold=True), bold=True, size=15))
    top = 25 + max(heights) + 8
    if sheet.journey.remembered:
        sheet.put(sheet.end + 20, 25, sheet.say.say("map.remembered"), bold=True, size=15)
    tall = []
    for i, step in places:
        moment = bool(step.row.get("moment_of_truth"))
        height = sheet.words(sheet.x(i), top, step.label, bold=moment)
        if moment:
            sheet.out.append(mark(sheet.x(i) + 5, top + height - 3, "diamond"))
            height += sheet.block(sheet.x(i) + 14, top + height + 1, whole_words(sheet.say.say("map.moment"), sheet.inner - 8))
        tall.append(height)
    sheet.y = top + max(tall) + 4


def _lane_title(sheet: Sheet, message: str, token: str) -> None:
    words = sheet.say.say(message)
    sheet.put(9, sheet.y + 12, words, token=token, bold=True, size=15)
    sheet.y += 30


def _volume(sheet: Sheet, x: float, y: float, step: Step) -> float:
    row, say = step.row, sheet.say
    if not shown(row) or missing(row.get("volume")):
        return sheet.block(x, y, [say.say("map.not_recorded" if shown(row) else "number.hidden")], token="ink-2")
    sheet.put(x, y, say.numbers.count(row["volume"]), bold=True)
    if missing(row.get("volume_share")):
        return ROW
    height = ROW + sheet.words(x, y + ROW, say.say("map.of_started", share=row["volume_share"]), token="ink-2")
    wide = max(1.0, min(1.0, row["volume_share"]) * sheet.inner)
    sheet.out.append(f'<rect x="{x:.1f}" y="{y + height - 8:.1f}" width="{wide:.1f}" height="6" fill="{colour("delivered-mid")}"/>')
    return height + 8


def _since(sheet: Sheet, x: float, y: float, step: Step) -> float:
    row, say = step.row, sheet.say
    if missing(row.get("hours_median")) or not shown(row):
        return sheet.block(x, y, ["—" if shown(row) else say.say("number.hidden")], token="ink-2")
    sheet.put(x, y, time_since(row, say, "bare"), bold=True)
    return ROW + sheet.interval(x, y + ROW, time_since(row, say, "interval"))


def _inputs(sheet: Sheet, x: float, y: float, step: Step) -> float:
    if not step.inputs:
        return sheet.words(x, y, sheet.say.say("map.nothing_measured"), token="ink-3")
    height = 0.0
    for row in step.inputs:
        height += _input(sheet, x, y + height, row) + 10
    return height - 10


def _input(sheet: Sheet, x: float, y: float, row: dict[str, Any]) -> float:
    say, missed = sheet.say, row.get("standing") == "misses"
    height = sheet.words(x, y, str(row["label"]))
    if not told(row):
        return height + sheet.block(x, y + height, [say.say("number.hidden")], token="ink-2")
    if not missing(row.get("standard")):
        _against(sheet, x, y + height, row, "harm" if missed else "delivered")
        height += 26
    ink = "harm" if missed else "ink"
    height += sheet.block(x, y + height, [value_of(row, say, "bare")], bold=True, token=ink)
    interval = value_of(row, say, "interval")
    if interval:
        height += sheet.interval(x, y + height, interval)
    return height + sheet.words(x, y + height, standing_words(row, say), bold=missed, token=ink if missed else "ink-2")


def _against(sheet: Sheet, x: float, y: float, row: dict[str, Any], role: str) -> None:
    """Mark and interval beside the dashed standard; right is better. One scale for all: off standard by up to three quarters of it."""
    wide = min(sheet.inner - 4, 130.0)
    middle, standard = x + wide / 2, float(row["standard"])
    size = 0.5 if unit_of(row) in ("share", "yes_no") else abs(standard)
    size = size or max(abs(row[k] - standard) for k in ("value", "low", "high") if not missing(row[k])) or 1.0
    turn = -1 if row.get("better", "lower") == "lower" else 1

    def at(value: float) -> float:
        off = turn * (value - standard) / size / 0.75
        return middle + max(-1.0, min(1.0, off)) * (wide / 2 - 5)

    y = y - 2
    sheet.out.append(line(f"M{x:.1f} {y:.1f}h{wide:.1f}", "rule"))
    sheet.out.append(line(f"M{middle:.1f} {y - 9:.1f}v18", "ink", 1.4, "3 2"))
    if not missing(row.get("low")):
        sheet.out.append(line(f"M{at(row['low']):.1f} {y:.1f}H{at(row['high']):.1f}", LINE[role], 2.4))
    sheet.out.append(mark(at(row["value"]), y, role))


def _also(sheet: Sheet, x: float, y: float, step: Step) -> float:
    say, height = sheet.say, 0.0
    for row in step.also:
        height += sheet.words(x, y + height, str(row["label"]))
        rows = [value_of(row, say, "bare"), value_of(row, say, "interval"), few(row, say)] if told(row) else [say.say("number.hidden")]
        for i, words in enumerate(r for r in rows if r):
            height += sheet.block(x, y + height, unbroken(words, sheet.inner + 8), bold=i == 0 and told(row), token="ink" if i == 0 else "ink-2")
        height += 6
    return max(0.0, height - 6)


def _left(sheet: Sheet, x: float, y: float, step: Step) -> float:
    row, say = step.row, sheet.say
    share = row.get("drop_off_share")
    if not shown(row):
        return sheet.block(x, y, [say.say("number.hidden")], token="ink-2")
    if missing(share):
        last = step is sheet.journey.steps[-1]
        return sheet.block(x, y, [say.say("map.last") if last else "—"], token="ink-2")
    still = open_share(row)
    under_way = [] if still is None else [say.say("map.open", share=still)]
    if share == 0:
        return sum(sheet.words(x, y + ROW * i, words, token="ink-2") for i, words in enumerate([say.say("map.none_left"), *under_way]))
    found = {"value": share, "low": row.get("drop_off_low"), "high": row.get("drop_off_high")}
    sheet.put(x, y, say.numbers.share(found, "bare"), bold=True)
    interval = say.numbers.share(found, "interval")
    height = ROW + (sheet.interval(x, y + ROW, interval) if interval else 0.0)
    wide = max(1.0, min(1.0, share) * sheet.inner)
    sheet.out.append(f'<rect x="{x:.1f}" y="{y + height - 8:.1f}" width="{wide:.1f}" height="6" fill="{colour("lived-mid")}"/>')
    height += 6
    return height + (sheet.words(x, y + height + 8, under_way[0], token="ink-2") + 4 if under_way else 0.0)


def _remembered(sheet: Sheet, y: float) -> float:
    """What is remembered stands apart, beyond the line; gives where it ends."""
    x, say, wide = sheet.end + 20, sheet.say, RIGHT - 8
    y += 12
    for row in sheet.journey.remembered:
        y += sheet.block(x, y, wrap(str(row["label"]), wide, lines=3), token="ink-2") + 14
        if not told(row):
            y += sheet.block(x, y, [say.say("number.hidden")], token="ink-2") + 20
            continue
        sheet.put(x, y, value_of(row, say, "bare"), size=28)
        y += 22
        y += sheet.block(x, y, [r for r in (value_of(row, say, "interval"), few(row, say)) if r], token="ink-2") + 22
    for place, row in enumerate(r for r in sheet.journey.weights if told(r)):
        if place == 0:
            y += sheet.block(x, y, wrap(say.say("map.weights"), wide, lines=4), token="ink-2") + 4
        y += sheet.block(x, y, wrap(say.say(f"memory.part.{row['part']}"), wide, lines=2, bold=True), bold=True)
        y += sheet.block(x, y, [say.numbers.share(row)], token="ink-2") + 6
    return y
