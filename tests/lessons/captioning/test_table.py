"""Tables of captions as spreadsheets write them: read rightly, or refused with a remedy."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest

from coursekit import CourseError, fingerprint
from coursekit_captioning.data import drawn_examples
from coursekit_captioning.folder import folder_parts, read_lines
from coursekit_captioning.text import normalize, tokens
from tests.lessons.captioning.test_loaders import jpeg


def folder(path: Path, rows: Sequence[str], end: str = "\n") -> Path:
    for number in range(12):
        (path / f"p{number}.jpg").write_bytes(jpeg(number))
    (path / "captions.csv").write_bytes((end.join(rows) + end).encode())
    return path


ROWS = [f"p{number}.jpg,one ball of colour {number % 3}" for number in range(12)]


def refused(path: Path, rows: Sequence[str]) -> CourseError:
    with pytest.raises(CourseError) as caught:
        folder_parts(folder(path, rows))
    assert caught.value.remedy
    return caught.value


def test_an_unquoted_comma_is_refused_with_its_line(tmp_path: Path) -> None:
    rows = ["image,caption", *ROWS[:3], "p3.jpg,a ball, on grass", *ROWS[4:]]
    error = refused(tmp_path, rows)
    assert "1 entries" in error.what
    assert "line 5: 'a ball', then [' on grass']" in error.what
    assert '"a dog, running"' in error.remedy


def test_empty_columns_at_the_end_are_no_fault(tmp_path: Path) -> None:
    parts = folder_parts(folder(tmp_path, ["image,caption,", *(f"{row},," for row in ROWS)]))
    assert sum(len(split) for split in parts[:3]) == 12


@pytest.mark.parametrize("last", ["p9.jpg,one ball", 'p9.jpg,"one ball"'])
def test_a_quote_that_swallows_lines_is_refused(tmp_path: Path, last: str) -> None:
    rows = ["image,caption", *ROWS[:5], 'p5.jpg,"never closed', *ROWS[6:9], last]
    error = refused(tmp_path, rows)
    assert "line 7 to 1" in error.what
    assert "'never closed" in error.what
    assert error.remedy.startswith("close the quote")


def test_a_caption_may_have_two_lines(tmp_path: Path) -> None:
    rows = ["image,caption", 'p0.jpg,"one ball', 'on grass"', *ROWS[1:]]
    assert read_lines(folder(tmp_path, rows) / "captions.csv")[0].caption == "one ball on grass"


def test_swapped_columns_are_refused(tmp_path: Path) -> None:
    caption = "a ball and it goes on " * 40  # longer than a name can be
    rows = ["image,caption", *(f"{caption},p{number}.jpg" for number in range(12))]
    error = refused(tmp_path, rows)
    assert error.what.startswith(f"the columns of {tmp_path / 'captions.csv'} are swapped: 'p0.jpg'")
    assert "swap the words" in error.remedy


def test_a_caption_that_is_no_name_of_a_file_is_not_there(tmp_path: Path) -> None:
    error = refused(tmp_path, ["image,caption", *ROWS, "no " * 2000 + ",a ball"])
    assert "name pictures that do not exist" in error.what


def test_captions_that_are_numbers_are_refused(tmp_path: Path) -> None:
    rows = ["image,caption", *(f"p{number}.jpg,{number}" for number in range(12))]
    assert "column caption of" in refused(tmp_path, rows).what


@pytest.mark.parametrize("mark", [";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_other_marks_and_ends_of_lines(tmp_path: Path, mark: str, end: str) -> None:
    rows = ["\ufeffImage,Caption", *ROWS]
    path = folder(tmp_path, [row.replace(",", mark) for row in rows], end)
    lines = read_lines(path / "captions.csv")
    assert [line.number for line in lines] == list(range(2, 14))
    assert lines[1].caption == "one ball of colour 1"


def test_a_name_composed_otherwise_is_found(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "café.jpg")
    folder(tmp_path, ["image,caption", *ROWS, "café.jpg,a cup"])
    (tmp_path / apart).write_bytes(jpeg(99))
    parts = folder_parts(tmp_path)
    assert sum(len(split) for split in parts[:3]) == 13


def test_what_was_read_and_left_out_is_said(tmp_path: Path) -> None:
    rows = ["image,caption", "p0.jpg,<b>one</b> ball &amp; grass", *ROWS[1:11]]
    folder(tmp_path, rows)
    (tmp_path / "a.heic").write_bytes(b"x")
    parts = folder_parts(tmp_path)
    said = "\n".join(parts.notes)
    assert "1 pictures have no caption: p11.jpg" in said
    assert "HEIC is not supported" in said
    assert "tags or entities were removed from 1 captions" in said
    assert "as read: p0.jpg: one ball grass" in said
    assert sum(note.startswith("as read: ") for note in parts.notes) == 3
    assert parts.is_own


def test_captions_of_other_scripts() -> None:
    assert tokens("Một con chó, đẹp!") == ["một", "con", "chó", "đẹp"]
    assert tokens("एक लाल गाड़ी।") == ["एक", "लाल", "गाड़ी"]
    assert tokens("一个红球") == ["一", "个", "红", "球"]


def test_the_scenes_are_what_they_were() -> None:
    """Figures were measured on exactly these captions: no normal form may change."""
    captions = [
        normalize(caption)
        for split in ("train", "validation", "test")
        for example in drawn_examples(split, 500)
        for caption in example.captions
    ]
    assert fingerprint(["\n".join(captions)]).startswith("0565128a78c5a856836d86be81da7e1c")
