"""The journey map on a phone: a list by stage, each touchpoint with what we delivered and what they lived."""

from __future__ import annotations

from html import escape
from itertools import groupby

from cx_helpers.reports.cells import missing, shown
from cx_helpers.reports.journey import FEELINGS, Journey, Step, cause_words, few, intents_words, open_share, quote_words, standing_words, time_since, told, value_of
from cx_helpers.reports.journey_said import unknown
from cx_helpers.reports.marks import Axis, strip
from cx_helpers.reports.sentences import Sentences


def journey_list(journey: Journey, say: Sentences) -> str:
    """The map as nested lists: stages, touchpoints, and last what is remembered."""
    out = [f'<li class="jst"><p>{escape(intents_words(journey, say))}</p></li>']
    for stage, steps in groupby(journey.steps, key=lambda s: str(s.row.get("stage_label") or s.row.get("stage") or "")):
        inside = "".join(_step(step, journey, say) for step in steps)
        out.append(f'<li class="jst"><h4>{escape(stage)}</h4><ol>{inside}</ol></li>')
    if journey.remembered:
        rows = "".join(f"<p>{_score(row, say)}</p>" for row in journey.remembered) + _weights(journey, say)
        out.append(f'<li class="jst"><h4>{escape(say.say("map.remembered"))}</h4>{rows}</li>')
    gaps = unknown(journey)
    if gaps:
        out.append(f'<li class="jst"><p class="gapname">{escape(say.say("map.unknown", labels=[say.say(gap) for gap in gaps]))}</p></li>')
    return f'<ol class="jlist">{"".join(out)}</ol>'


def _weights(journey: Journey, say: Sentences) -> str:
    told_ones = [f"{escape(say.say('memory.part.' + row['part']))} <b>{escape(say.numbers.share(row, 'bare'))}</b> <span class=\"ci\">{escape(say.numbers.share(row, 'interval'))}</span>"
                 for row in journey.weights if told(row)]  # fmt: skip
    return f"<p>{escape(say.say('map.weights'))} {'; '.join(told_ones)}</p>" if told_ones else ""


def _step(step: Step, journey: Journey, say: Sentences) -> str:
    """One touchpoint: its name, score and what is missed stand open, the rest is folded."""
    moment = f' <small>◆ {escape(say.say("map.moment"))}</small>' if bool(step.row.get("moment_of_truth")) else ""
    ours, theirs = _delivered(step, say), _lived(step, journey, say)
    return (
        f"<li><details><summary><h5>{escape(step.label)}{moment}</h5><span>{_short(step, say)}</span></summary><dl>"
        f'<div class="a"><dt>{escape(say.say("map.we"))}</dt><dd>{ours}</dd></div>'
        f'<div class="b"><dt>{escape(say.say("map.they"))}</dt><dd>{theirs}</dd></div></dl></details></li>'
    )


def _short(step: Step, say: Sentences) -> str:
    """The score with what it stands for, and the standards missed."""
    parts = [_score(step.score, say) if step.score else f'<i class="gapname">{escape(say.say("map.not_asked"))}</i>']
    parts += [f"<b>{escape(say.say(f'map.moment.{moment}'))}</b>" for moment in step.moments if told(step.score)]
    parts += [f'<b class="harm">▼ {escape(str(row["label"]))}</b>' for row in step.inputs if told(row) and row.get("standing") == "misses"]
    return "; ".join(parts)


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
    """What the summary above has not told: the score as a strip, what else was asked, felt and said, and who left."""
    lines, score = [], step.score
    if told(score) and journey.scale:
        lines.append(strip(score["value"], score["low"], score["high"], Axis(*journey.scale, ()), height=20, ends=True))
    lines += [_score(row, say) for row in step.also]
    lines += _said(step, say)
    if shown(step.row) and not missing(step.row.get("drop_off_share")):
        lines.append(escape(left_words(step.row, say)))
    still = open_share(step.row)
    lines += [] if still is None else [escape(say.say("map.open", share=still))]
    return "".join(f"<span>{line}</span>" for line in lines or ["\N{EM DASH}"])


def _said(step: Step, say: Sentences) -> list[str]:
    """What they felt and spoke of here, and words that many share."""
    felt = [(emotion, step.felt[emotion]) for emotion in FEELINGS if told(step.felt.get(emotion))]
    lines = [f"{escape(say.say(f'map.felt.{emotion}'))}: <b>{escape(say.numbers.share(row, 'bare'))}</b> <span class=\"ci\">{escape(say.numbers.share(row, 'interval'))}</span>"
             for emotion, row in felt]  # fmt: skip
    if told(step.spoken):
        name, share = cause_words(step.spoken, say)
        lines.append(f"{escape(say.say('map.spoken'))}: {escape(name)}, {escape(share)}")
    return lines + [escape(quote_words(row, say)) for row in step.quotes]


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
