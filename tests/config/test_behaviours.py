"""Segments by behaviour in audiences.yaml: what is allowed, and what is told with file and line."""

import pytest
from pydantic import ValidationError

from cx_helpers.config.behaviours import Behaviour, behaviour_problems
from cx_helpers.config.journey import Journey
from cx_helpers.config.yaml_lines import YamlFile

CASE = {"case": "any", "not": "resolved", "within_days": 7}
CALL = {"event": "care", "channel": "phone", "within_days": 30}
LEFT = {"left": True, "within_days": 60}


def behaviour(*steps, **more):
    return Behaviour.model_validate({"id": "unheard", "label": "Unheard", "steps": list(steps), **more})


def test_complained_in_vain_called_and_left_is_a_behaviour():
    one = behaviour(CASE, CALL, LEFT)
    assert [step.kind for step in one.steps] == ["case", "event", "left"]
    assert one.days == 30 + 60 + 120 and one.same == "customer"


@pytest.mark.parametrize(("steps", "said"), [
    ((CASE, CALL), "at least 3 items"),
    (({**CASE, "event": "care"}, CALL, LEFT), "found case and event"),
    (({"within_days": 3}, CALL, LEFT), "found none"),
    ((LEFT, CALL, CALL), "first step must be something that happened"),
    ((CASE, LEFT, CALL), "`left` can only be the last step"),
    ((CASE, {"event": "care"}, LEFT), "every step after the first needs within_days"),
    (({"event": "care", "within_days": 3}, CALL, LEFT), "nothing before it"),
    ((CASE, {"answer": "overall.nps", "within_days": 9}, LEFT), "`between` belongs"),
    ((CASE, {"event": "care", "between": {"min": 1}, "within_days": 9}, LEFT), "`between` belongs"),
    ((CASE, {"answer": "overall.nps", "between": {"min": 6, "max": 3}, "within_days": 9}, LEFT), "min 6 is above max 3"),
    ((CASE, {"event": "care", "not": "resolved", "within_days": 9}, LEFT), "belongs to a case"),
    (({"case": "any", "not": "resolved"}, CALL, LEFT), "need within_days"),
    ((CASE, CALL, {"left": True}), "need within_days"),
    ((CASE, CALL, {**LEFT, "not": True}), "cannot be denied"),
    ((CASE, {"case": "any", "channel": "phone", "within_days": 1}, LEFT), "belongs to an event"),
    ((CASE, {**CALL, "within_weeks": 4}, LEFT), "Extra inputs"),
])  # fmt: skip
def test_a_behaviour_that_cannot_be_read_is_refused(steps, said):
    with pytest.raises(ValidationError, match=said):
        behaviour(*steps)


def test_names_that_the_journey_does_not_declare_are_told_with_file_and_line(tmp_path):
    journey = Journey.model_validate({
        "label": "Shop", "stages": [{"id": "buy", "label": "Buy", "touchpoints": [
            {"id": "till", "label": "Till", "inputs": [{"id": "wait", "label": "Wait", "unit": "minutes", "better": "lower"}]}, {"id": "care", "label": "Care"}]}],
        "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
    })  # fmt: skip
    path = tmp_path / "shop" / "audiences.yaml"
    path.parent.mkdir()
    path.write_text(
        "audiences:\n  all: {label: All}\nbehaviours:\n  - id: a\n    label: A\n    steps:\n      - {event: tell}\n"
        "      - {answer: overall.nsp, between: {max: 6}, within_days: 9}\n      - {input: till.wiat, between: {min: 9}, within_days: 9}\n"
        "  - id: a\n    label: A\n    steps:\n      - {event: till}\n      - {event: care, within_days: 9}\n      - {left: true, within_days: 9}\n"
    )
    file = YamlFile(path)
    found = behaviour_problems([Behaviour.model_validate(one) for one in file.content["behaviours"]], journey, file)
    assert len(found) == 4 and "'a' stands 2 times" in found[0]
    assert found[1].startswith("shop/audiences.yaml:7: ") and "'tell' is not declared" in found[1] and "did you mean 'till'" in found[1]
    assert ":8: " in found[2] and "'overall.nsp'" in found[2] and "did you mean 'overall.nps'" in found[2]
    assert ":9: " in found[3] and "'till.wiat'" in found[3] and "did you mean 'till.wait'" in found[3]
