"""What customers say: language, emotions present or absent, causes and topics, words safe to show, search.

Read `lexicon` for what counts as an emotion, `heard` for how far a reading is trusted.
"""

from cx_helpers.journeys.voice.causes import NUMBERS as CAUSE_NUMBERS
from cx_helpers.journeys.voice.causes import causes, causes_by_month, spoken
from cx_helpers.journeys.voice.excerpts import excerpts, search
from cx_helpers.journeys.voice.felt import NUMBERS as FELT_NUMBERS
from cx_helpers.journeys.voice.felt import by_month, by_touchpoint, emotions, side_by_side
from cx_helpers.journeys.voice.heard import Heard, heard
from cx_helpers.journeys.voice.topics import NUMBERS_SHOWN as TOPIC_NUMBERS
from cx_helpers.journeys.voice.topics import topics

__all__ = ["CAUSE_NUMBERS", "FELT_NUMBERS", "TOPIC_NUMBERS", "Heard", "by_month", "by_touchpoint", "causes", "causes_by_month", "emotions", "excerpts", "heard", "search", "side_by_side", "spoken", "topics"]
