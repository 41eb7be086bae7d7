"""The lower rows of the wide journey map: what customers felt, what they spoke of, and words that many share."""

from __future__ import annotations

from cx_helpers.reports.cells import shown
from cx_helpers.reports.journey import FEELINGS, Journey, Step, cause_words, quote_words, told
from cx_helpers.reports.journey_sheet import GUTTER, Sheet
from cx_helpers.reports.marks import line, mark, wrap


def said(sheet: Sheet, whole: Journey) -> None:
    """Feelings, motives and words, each a row over all touchpoints; what is not known of any is named once."""
    say, steps = sheet.say, whole.steps
    if any(told(row) for step in steps for row in step.felt.values()):
        for emotion in FEELINGS:
            sheet.row(say.say(f"map.felt.{emotion}"), lambda x, y, s, emotion=emotion: _felt(sheet, x, y, s, emotion))
    if any(step.spoken for step in steps):
        sheet.row(say.say("map.spoken"), lambda x, y, s: _spoken(sheet, x, y, s))
    if any(step.quotes for step in steps):
        sheet.row(say.say("map.quotes"), lambda x, y, s: _quotes(sheet, x, y, s))
    gaps = unknown(whole)
    if gaps:
        words = say.say("map.unknown", labels=[say.say(gap) for gap in gaps])
        sheet.y += 12
        sheet.y += sheet.block(GUTTER, sheet.y + 4, wrap(words, sheet.end - GUTTER, lines=3), token="ink-3")


def unknown(journey: Journey) -> list[str]:
    """What is told at no touchpoint of the journey: messages."""
    felt = any(told(row) for step in journey.steps for row in step.felt.values())
    spoken, quoted = (any(getattr(step, name) for step in journey.steps) for name in ("spoken", "quotes"))
    return [name for name, known in (("map.gap.felt", felt), ("map.gap.spoken", spoken), ("map.gap.quotes", quoted)) if not known]


def _felt(sheet: Sheet, x: float, y: float, step: Step, emotion: str) -> float:
    row, say = step.felt.get(emotion), sheet.say
    if row is None or not told(row):
        words = "map.gap.silent" if row is None else "number.hidden" if not shown(row) else "map.gap.unread"
        return sheet.words(x, y, say.say(words), token="ink-3")
    wide = min(sheet.inner - 4, 100.0)

    def at(share: float) -> float:
        return x + share * wide

    middle = y - 4
    sheet.out.append(line(f"M{x:.1f} {middle:.1f}h{wide:.1f}M{x:.1f} {middle - 6:.1f}v12", "rule"))
    sheet.out.append(line(f"M{at(row['low']):.1f} {middle:.1f}H{at(row['high']):.1f}", "lived-mid", 2.4))
    sheet.out.append(mark(at(row["value"]), middle, "lived"))
    sheet.put(x, y + 18, say.numbers.share(row, "bare"), bold=True)
    return 35 + sheet.interval(x, y + 35, say.numbers.share(row, "interval"))


def _spoken(sheet: Sheet, x: float, y: float, step: Step) -> float:
    if step.spoken is None:
        return sheet.words(x, y, "\N{EM DASH}", token="ink-3")
    if not told(step.spoken):
        return sheet.words(x, y, sheet.say.say("number.hidden"), token="ink-2")
    name, share = cause_words(step.spoken, sheet.say)
    height = sheet.words(x, y, name)
    return height + sheet.words(x, y + height, share, token="ink-2")


def _quotes(sheet: Sheet, x: float, y: float, step: Step) -> float:
    height = 0.0
    for row in step.quotes:
        height += sheet.words(x, y + height, quote_words(row, sheet.say)) + 6
    return max(0.0, height - 6) or sheet.words(x, y, "\N{EM DASH}", token="ink-3")
