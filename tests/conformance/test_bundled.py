"""The lessons of this kit pass the suite that every lesson must pass.

Their exercises go through the author's gate in `tests/lessons`, each lesson's in its own file.
"""

import pytest

from coursekit.distribution import kit
from coursekit.plugins import catalogue
from coursekit.testing import GROUPS, NotApplicable, Trial, trials

pytestmark = pytest.mark.tf

LESSONS = [
    name for name, found in catalogue().providers.items() if found.distribution == kit().name
]
# What a case may leave out, and of which lesson.
LEFT_OUT = {
    ("dcgan", "a model restored from a run's files shows the same"): "reads the data set again",
    ("dcgan", "a step compiled with XLA is the same, too"): "does not ask for XLA",
    ("nmt", "a step compiled with XLA is the same, too"): "does not ask for XLA",
    ("captioning", "a step compiled with XLA is the same, too"): "does not ask for XLA",
}


def test_the_lessons_are_those_of_the_kit() -> None:
    assert sorted(LESSONS) == ["captioning", "dcgan", "nmt", "textgen", "transformer"]


@pytest.mark.parametrize(
    "trial",
    [trial for name in LESSONS for trial in trials(name, set(GROUPS) - {"exercises"})],
    ids=str,
)
def test_it_conforms(trial: Trial) -> None:
    expected = LEFT_OUT.get((trial.lesson.name, trial.case.title))
    if expected is None:
        trial.run()
    else:
        with pytest.raises(NotApplicable, match=expected):
            trial.run()
