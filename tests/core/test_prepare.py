"""What a notebook gets from one line is what the command line would take."""

import pytest

from coursekit import CourseError
from coursekit.prepare import prepare
from coursekit_nmt import PHRASEBOOK, NmtLesson


@pytest.mark.slow
def test_a_data_set_brings_its_own_settings() -> None:
    settings, data = prepare(NmtLesson(), "phrasebook", epochs=1)
    asked = PHRASEBOOK.settings("quick", NmtLesson().presets["quick"]).replace({"epochs": 1})
    assert settings == asked
    assert len(data.train.pairs) > 1_000


def test_an_unknown_preset_is_an_error_before_anything_is_read() -> None:
    with pytest.raises(CourseError, match="no preset 'quik'"):
        prepare(NmtLesson(), "phrasebook", preset="quik")


def test_an_unknown_field_is_an_error() -> None:
    with pytest.raises(CourseError, match="unit"):
        prepare(NmtLesson(), "phrasebook", unit=3)
