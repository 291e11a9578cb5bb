"""What is shown of a text that may hold anything."""

import pytest

from coursekit.console import Consoles, cells, consoles
from coursekit.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, größer, 日本語, नमस्ते, 👩‍🔬", "plain, größer, 日本語, नमस्ते, 👩‍🔬"),
        ("two\nlines\tand a tab\r\n", "two\nlines\tand a tab\n"),
        ("\x1b[31mred\x1b[0m \x1b[2J\x1b[1;1H", "red "),
        ("\x1b]0;a title\x07rest \x1b]8;;http://x\x1b\\link", "rest link"),
        ("half \x1b[", "half \\x1b["),
        ("bell \x07 null \x00 back \x08 \x7f \x9b1m", r"bell \x07 null \x00 back \x08 \x7f \x9b1m"),
        ("over\rwritten", r"over\x0dwritten"),
        ("turned \u202e\u2066\u200f", r"turned \u202e\u2066\u200f"),
        ("ends \u2028\u2029\x85", r"ends \u2028\u2029\x85"),
        ("half an emoji \ud83d", r"half an emoji \ud83d"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_by_its_number(text: str, shown: str) -> None:
    assert printable(text) == shown
    shown.encode()


def test_a_bound_counts_what_is_cut() -> None:
    assert printable("abcdef", 4) == "abcd... (2 more characters)"
    assert printable("abcd", 4) == "abcd"
    assert len(printable("\x00" * 40_000_000, 100)) < 500


def test_what_is_printed_is_printable(capsys: pytest.CaptureFixture[str]) -> None:
    out: Consoles = consoles()
    out.result("a\x1b[2Jb\x07 [bold]")
    out.say("c\ud800")
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("ab\\x07 [bold]\n", "c\\ud800\n")
    assert [cell.plain for cell in cells("d\x1b[1m", 5)] == ["d", "5"]
