"""For authors of lessons: the suite that every lesson must pass, to be run by their own tests.

``coursekit verify LESSON`` runs it on the command line, ``pytest --coursekit LESSON`` collects a
test for each case. In a test of one's own::

    import pytest
    from coursekit.testing import Trial, trials

    @pytest.mark.parametrize("trial", trials("dots"), ids=str)
    def test_the_lesson_conforms(trial: Trial) -> None:
        trial.run()

Importing this module is cheap: TensorFlow is imported when a case needs it.
"""

from coursekit.conformance.case import Case, NotApplicable, Outcome
from coursekit.conformance.groups import GROUPS
from coursekit.conformance.suite import conformance
from coursekit.conformance.trial import NonconformityError, Trial, trials

__all__ = [
    "GROUPS",
    "Case",
    "NonconformityError",
    "NotApplicable",
    "Outcome",
    "Trial",
    "conformance",
    "trials",
]
