"""What a grader takes for a use of the kit's command, and what it does not."""

import pytest

from coursekit.practice.watch import COMMAND


@pytest.mark.parametrize(
    "words",
    [
        ["coursekit", "solution", "nmt/attention", "--give-up"],
        ["/opt/kit/.venv/bin/coursekit", "solution"],
        ["/usr/bin/python3", "-m", "coursekit", "build"],
        ["/usr/bin/python3", "-c", "import coursekit_nmt.model as m; print(m)"],
        ["sh", "-c", "cd /opt/coursekit && .venv/bin/coursekit solution nmt"],
    ],
)
def test_the_command_and_the_modules_are_noticed(words: list[str]) -> None:
    assert COMMAND.search(str(words))


@pytest.mark.parametrize(
    "words",
    [
        ["/home/ada/coursekit/.venv/bin/python3", "-m", "pip", "list"],  # in a clone of the kit
        ["/home/ada/coursekit-2026/bin/python3", "-c", "print(1)"],
        ["ls", "/data/mycoursekit"],
        ["nvidia-smi"],
    ],
)
def test_a_folder_of_that_name_is_nothing(words: list[str]) -> None:
    assert not COMMAND.search(str(words))
