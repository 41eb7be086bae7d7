"""The scores on the wide journey map: dots with intervals on one scale, gaps named, moments circled."""

from __future__ import annotations

from collections.abc import Callable

from cx_helpers.reports.cells import missing
from cx_helpers.reports.journey import Journey, Step, few, told, value_of
from cx_helpers.reports.journey_sheet import GUTTER, ROW, Sheet
from cx_helpers.reports.marks import colour, line, mark, nice_step, steps, wrap
from cx_helpers.reports.sentences import Sentences

PLOT = 190


def scores(sheet: Sheet, whole: Journey) -> None:
    """Scores of one scale as dots with intervals; a touchpoint that nobody is asked about is a named gap."""
    journey, say = sheet.journey, sheet.say
    if not journey.scores:
        sheet.y += sheet.block(GUTTER, sheet.y + 4, wrap(say.say("map.nobody_asked"), sheet.end - GUTTER)) + 14
        return
    low, high, ticks = _score_axis(whole)
    sheet.put(9, sheet.y + 4, _scale_words(journey, say), token="ink-2")
    top = sheet.y + 30

    def at(value: float) -> float:
        return top + (high - value) / (high - low) * PLOT

    share = journey.scale == (0.0, 1.0)
    places = max(len(f"{t:g}".partition(".")[2]) for t in ticks)
    for tick in ticks:
        words = say.numbers.share(tick, "bare") if share else say.numbers.number(tick, places=places)
        sheet.out.append(line(f"M{GUTTER} {at(tick):.1f}H{sheet.end:.1f}", "rule"))
        sheet.put(GUTTER - 8, at(tick) + 4, words, token="ink-2", anchor="end")
    _guide(sheet, at)
    for i, step in enumerate(journey.steps):
        _score(sheet, sheet.x(i), top, at, step)
    sheet.y = top + PLOT + 36 + ROW * max(len(step.moments) for step in journey.steps)


def _score_axis(journey: Journey) -> tuple[float, float, list[float]]:
    ends = [s[k] for s in journey.scores for k in ("value", "low", "high", "target") if not missing(s.get(k))]
    step = nice_step(max(max(ends) - min(ends), (journey.scale[1] - journey.scale[0]) * 0.1) / 3)
    low = max(journey.scale[0], (min(ends) // step) * step)
    high = min(journey.scale[1], -(-max(ends) // step) * step)
    return low, max(high, low + step), steps(low, max(high, low + step), step)


def _scale_words(journey: Journey, say: Sentences) -> str:
    if journey.kind == "nps":
        return say.say("map.scale_nps")
    if journey.scale == (0.0, 1.0):
        return say.say("map.scale_share")
    return say.say("map.scale", low=journey.scale[0], high=journey.scale[1])


def _guide(sheet: Sheet, at: Callable[[float], float]) -> None:
    """A pale line between neighbours that were asked; broken at a gap."""
    for i, (here, there) in enumerate(zip(sheet.journey.steps, sheet.journey.steps[1:], strict=False)):
        if told(here.score) and told(there.score):
            path = f"M{sheet.x(i) + 17:.1f} {at(here.score['value']):.1f}L{sheet.x(i + 1) + 17:.1f} {at(there.score['value']):.1f}"
            sheet.out.append(line(path, "lived-tint", 2))


def _score(sheet: Sheet, x: float, top: float, at: Callable[[float], float], step: Step) -> None:
    row, say, dot = step.score, sheet.say, x + 17
    if not told(row):
        words = say.say("number.hidden" if row else "map.not_asked")
        sheet.out.append(line(f"M{dot:.1f} {top:.1f}V{top + PLOT / 2 - 16:.1f}M{dot:.1f} {top + PLOT / 2 + 26:.1f}V{top + PLOT:.1f}", "rule", 1.4, "2 4"))
        sheet.block(x, top + PLOT / 2, wrap(words, sheet.inner), token="ink-3")
        return
    y = at(row["value"])
    if not missing(row.get("target")):
        sheet.out.append(line(f"M{x:.1f} {at(row['target']):.1f}h34", "ink", 1.4, "3 2"))
    sheet.out.append(line(f"M{dot:.1f} {at(row['low']):.1f}V{at(row['high']):.1f}", "lived-mid", 2.4))
    sheet.out.append(mark(dot, y, "lived", size=5.5))
    sheet.put(dot + 15, y, value_of(row, say, "bare"), bold=True, size=14)
    sheet.put(dot + 15, y + 16, few(row, say), token="ink-2")
    below = y + 32
    if not missing(row.get("target")):
        sheet.put(dot + 15, below, say.say("map.target", target=row["target"]), token="ink-2")
        below += 16
    if step.moments:
        sheet.out.append(f'<circle cx="{dot:.1f}" cy="{y:.1f}" r="10.5" fill="none" stroke="{colour("ink")}" stroke-width="1.4"/>')
    for place, moment in enumerate(step.moments):
        sheet.put(dot + 15, below + ROW * place, say.say(f"map.moment.{moment}"), bold=True)
