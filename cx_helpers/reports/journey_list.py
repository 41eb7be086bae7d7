"""The journey map on a phone: a list by stage, each touchpoint with what we delivered and what they lived."""

from __future__ import annotations

from html import escape
from itertools import groupby

from cx_helpers.reports.cells import missing, shown
from cx_helpers.reports.journey import Journey, Step, few, standing_words, time_since, told, value_of
from cx_helpers.reports.marks import Axis, strip
from cx_helpers.reports.sentences import Sentences


def journey_list(journey: Journey, say: Sentences) -> str:
    """The map as nested lists: stages, touchpoints, and last what is remembered."""
    out = []
    for stage, steps in groupby(journey.steps, key=lambda s: str(s.row.get("stage_label") or s.row.get("stage") or "")):
        inside = "".join(_step(step, journey, say) for step in steps)
        out.append(f'<li class="jst"><h4>{escape(stage)}</h4><ol>{inside}</ol></li>')
    if journey.remembered:
        rows = "".join(f"<p>{_score(row, say)}</p>" for row in journey.remembered)
        out.append(f'<li class="jst"><h4>{escape(say.say("map.remembered"))}</h4>{rows}</li>')
    return f'<ol class="jlist">{"".join(out)}</ol>'


def _step(step: Step, journey: Journey, say: Sentences) -> str:
    moment = f' <small>◆ {escape(say.say("map.moment"))}</small>' if bool(step.row.get("moment_of_truth")) else ""
    ours, theirs = _delivered(step, say), _lived(step, journey, say)
    return (
        f"<li><h5>{escape(step.label)}{moment}</h5><dl>"
        f'<div class="a"><dt>{escape(say.say("map.we"))}</dt><dd>{ours}</dd></div>'
        f'<div class="b"><dt>{escape(say.say("map.they"))}</dt><dd>{theirs}</dd></div></dl></li>'
    )


def _delivered(step: Step, say: Sentences) -> str:
    row, lines = step.row, []
    if shown(row) and not missing(row.get("volume")):
        share = row.get("volume_share")
        of_all = f", {escape(say.say('map.of_started', share=share))}" if not missing(share) else ""
        lines.append(f"<b>{say.numbers.count(row['volume'])}</b> {escape(say.say('map.customers'))}{of_all}")
    else:
        lines.append(escape(say.say("map.not_recorded")) if shown(row) else _hidden(say))
    if shown(row) and not missing(row.get("hours_median")):
        lines.append(escape(say.say("map.hours_since", time=time_since(row, say, ""))))
    lines += [_input(i, say) for i in step.inputs] or [f'<i class="gapname">{escape(say.say("map.nothing_measured"))}</i>']
    if not missing(row.get("owner")):
        lines.append(f'<span class="quiet">{escape(say.say("map.owned", owner=row["owner"]))}</span>')
    return "".join(f"<span>{line}</span>" for line in lines)


def _input(row: dict, say: Sentences) -> str:
    if not told(row):
        return f"{escape(str(row['label']))}: {_hidden(say)}"
    missed = row.get("standing") == "misses"
    number = f"{'▼ ' if missed else ''}{escape(value_of(row, say, 'bare'))}"
    return (
        f'{escape(str(row["label"]))}: <b class="{"harm" if missed else ""}">{number}</b> '
        f'<span class="ci">{escape(value_of(row, say, "interval"))}</span>, {escape(standing_words(row, say))}'
    )


def _lived(step: Step, journey: Journey, say: Sentences) -> str:
    lines = []
    if step.score is None and not step.also:
        lines.append(f'<i class="gapname">{escape(say.say("map.not_asked"))}</i>')
    if step.score is not None:
        lines.append(_score(step.score, say))
        if told(step.score) and journey.scale:
            score = step.score
            lines.append(strip(score["value"], score["low"], score["high"], Axis(*journey.scale, ()), height=20, ends=True))
    lines += [_score(row, say) for row in step.also]
    if shown(step.row) and not missing(step.row.get("drop_off_share")):
        lines.append(escape(left_words(step.row, say)))
    return "".join(f"<span>{line}</span>" for line in lines)


def left_words(row: dict, say: Sentences) -> str:
    """The share that left here, or that none did."""
    if row["drop_off_share"] == 0:
        return say.say("map.none_left")
    found = {"value": row["drop_off_share"], "low": row.get("drop_off_low"), "high": row.get("drop_off_high")}
    return say.say("map.left_share", share=found)


def _score(row: dict, say: Sentences) -> str:
    name = escape(str(row["label"]))
    if not told(row):
        return f"{name}: {_hidden(say)}"
    return f'{name}: <b>{escape(value_of(row, say, "bare"))}</b> <span class="ci">{escape(value_of(row, say, "interval"))}</span>, {escape(few(row, say))}'


def _hidden(say: Sentences) -> str:
    return f'<span class="quiet">{escape(say.say("number.hidden"))}</span>'
