"""What was handed in: exports of Moodle and Canvas, folders, archives, and whose is which."""

import io
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from coursekit.errors import CourseError
from coursekit.grading.exports import Sender, readable, sender
from coursekit.grading.found_files import find_notebooks
from coursekit.grading.made_up import solved, written
from coursekit.grading.roster import Roster, Student
from coursekit.grading.submissions import Handed, read_submissions
from coursekit.notebooks.notebook import Notebook, build_notebook, notebook_text
from coursekit.practice.locate import named
from tests.disks import locked_away, open_folder_fixture

__all__ = ["open_folder_fixture"]
BATCHES, STATE, STEP = "textgen/batches", "textgen/state", "textgen/step"


def notebook(exercise: str = BATCHES, **metadata: Any) -> str:
    book = build_notebook(named(exercise), "student")
    book["metadata"] |= metadata
    return notebook_text(book)


def put(folder: Path, name: str, text: str | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook() if text is None else text, encoding="utf-8")
    return path


def read(path: Path, *exercises: str, roster: Roster | None = None) -> Handed:
    names = exercises or (BATCHES,)
    return read_submissions(path, names, scratch=path.parent / "scratch", roster=roster)


def who(handed: Handed, exercise: str = BATCHES) -> list[str]:
    return [submission.student for submission in handed.submissions[exercise]]


CASES = [
    (
        ["Núñez, José_12345_assignsubmission_file_", "1-batches.ipynb"],
        Sender("moodle", "12345", "Núñez, José", "1-batches.ipynb"),
    ),
    (
        ["Ann Lee_7_assignsubmission_file", "deep", "work (1).ipynb"],
        Sender("moodle", "7", "Ann Lee", "work.ipynb", 2),
    ),
    (
        ["CS101-HW1", "Ann Lee_7_assignsubmission_file_hw.ipynb"],
        Sender("moodle", "7", "Ann Lee", "hw.ipynb"),
    ),
    (
        ["Participant_7_assignsubmission_onlinetext_", "text.html"],
        Sender("moodle", "7", "Participant", "text.html"),
    ),
    (
        ["leeann_LATE_12345_67890_batches-1.ipynb"],
        Sender("canvas", "12345", "leeann", "batches.ipynb", 2, late=True),
    ),
    (
        ["núñezjosé_12345_67890_1-batches.ipynb"],
        Sender("canvas", "12345", "núñezjosé", "1-batches.ipynb"),
    ),
    (
        ["LATE_anon_aB3dE_67890_batches.ipynb"],
        Sender("canvas", "aB3dE", "", "batches.ipynb", late=True),
    ),
    (["ann.ipynb"], Sender("flat", "ann", "", "ann.ipynb")),
    (["ann attempt 3.ipynb"], Sender("flat", "ann", "", "ann.ipynb", 3)),
    (["ann", "nmt", "x.ipynb"], Sender("flat", "ann", "", "x.ipynb")),
    (["ann.zip", "x.ipynb"], Sender("flat", "ann", "", "x.ipynb")),
    ([" .ipynb"], Sender("flat", ".ipynb", "", " .ipynb")),
    (["ann\nbo\t1.ipynb"], Sender("flat", "ann\\x0abo\\x091", "", "ann\nbo\t1.ipynb")),
]


@pytest.mark.parametrize(("parts", "expected"), CASES, ids=lambda value: str(value)[:40])
def test_names_of_exports(parts: list[str], expected: Sender) -> None:
    assert sender(parts) == expected


def test_a_name_that_is_not_utf8_can_be_written() -> None:
    assert readable(os.fsdecode(b"Jos\xe9")) == "Jos\\xe9"
    assert readable("Jose\N{COMBINING ACUTE ACCENT}") == "José"


def test_a_moodle_export(tmp_path: Path) -> None:
    put(tmp_path / "in", "Núñez, José_12345_assignsubmission_file_/1-batches.ipynb")
    put(tmp_path / "in", "Ann Lee_7_assignsubmission_file_/my work.ipynb")
    put(tmp_path / "in", "Ann Lee_7_assignsubmission_file_/report.pdf", "a report")
    handed = read(tmp_path / "in")
    found = {s.student: s.name for s in handed.submissions[BATCHES]}
    assert found == {"7": "Ann Lee", "12345": "Núñez, José"}
    assert handed.notes == ()
    assert handed.missing == ()


def test_a_canvas_export_with_a_second_upload(tmp_path: Path) -> None:
    put(tmp_path / "in", "leeann_12345_111_batches.ipynb")
    later = put(tmp_path / "in", "leeann_LATE_12345_112_batches-1.ipynb")
    handed = read(tmp_path / "in")
    (only,) = handed.submissions[BATCHES]
    assert (only.student, only.attempt, only.late, only.path) == ("12345", 2, True, later)
    assert "handed in 2 notebooks" in handed.notes[0]
    assert "not counted: leeann_12345_111_batches.ipynb" in handed.notes[0]


def test_flat_folders_files_and_one_notebook(tmp_path: Path) -> None:
    put(tmp_path / "in", "ann/1-batches.ipynb")
    put(tmp_path / "in", "ben.ipynb")
    put(tmp_path / "in", "1-batches_cleo.ipynb")
    alone = put(tmp_path / "in", "dan-textgen-batches.ipynb")
    assert who(read(tmp_path / "in")) == ["ann", "ben", "cleo", "dan"]
    assert who(read(alone)) == ["dan"]


def test_what_programs_leave_behind_is_nobodys(tmp_path: Path) -> None:
    put(tmp_path / "in", "ann/1-batches.ipynb")
    put(tmp_path / "in", "ann/.ipynb_checkpoints/1-batches-checkpoint.ipynb")
    put(tmp_path / "in", "__MACOSX/ann/._1-batches.ipynb")
    put(tmp_path / "in", ".hidden/1-batches.ipynb")
    put(tmp_path / "in", "ben/1-batches-checkpoint.ipynb")
    handed = read(tmp_path / "in")
    assert who(handed) == ["ann"]
    assert handed.notes == ()


def test_links_are_told_and_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "in", "ann/1-batches.ipynb")
    (tmp_path / "in" / "ben").mkdir()
    secret = put(tmp_path, "secret.ipynb")
    (tmp_path / "in" / "ben" / "1-batches.ipynb").symlink_to(secret)
    handed = read(tmp_path / "in")
    assert who(handed) == ["ann"]
    assert handed.notes == ("ben/1-batches.ipynb is a link; links are not followed",)


def test_whoever_hands_in_nothing_is_told(tmp_path: Path) -> None:
    put(tmp_path / "in", "ann/1-batches.ipynb")
    (tmp_path / "in" / "Bo Li_7_assignsubmission_file_").mkdir()
    zipped(tmp_path / "in" / "Cy Ott_8_assignsubmission_file_x.zip", {})
    handed = read(tmp_path / "in")
    assert [(one.name, one.why) for one in handed.missing] == [
        ("Bo Li", "Bo Li_7_assignsubmission_file_: no notebook"),
        ("Cy Ott", "Cy Ott_8_assignsubmission_file_x.zip: no notebook"),
    ]
    assert handed.notes == (
        "Cy Ott_8_assignsubmission_file_x.zip: there is nothing in this archive",
    )


@pytest.mark.skipif(os.name == "nt", reason="names are always Unicode there")
def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"Jos\xe9_5_assignsubmission_file_")
    try:
        (tmp_path / "in" / name).mkdir(parents=True)
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    put(tmp_path / "in" / name, "1-batches.ipynb")
    (only,) = read(tmp_path / "in").submissions[BATCHES]
    assert (only.student, only.name) == ("5", "Jos\\xe9")


def zipped(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_zip_export_with_a_students_own_zip_in_it(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("work/1-batches.ipynb", notebook())
    path = zipped(
        tmp_path / "export.zip",
        {
            "Zoë Ö_1_assignsubmission_file_/1-batches.ipynb": notebook(),
            "Ben_2_assignsubmission_file_/all.zip": inner.getvalue(),
            "Cleo_3_assignsubmission_file_/all.zip": b"no zip at all",
        },
    )
    handed = read(path)
    assert {s.student: s.name for s in handed.submissions[BATCHES]} == {"1": "Zoë Ö", "2": "Ben"}
    (cleo,) = handed.missing
    assert cleo.student == "3"
    assert "no notebook" in cleo.why
    assert "this archive is damaged, or no zip file" in handed.notes[0]


def test_the_one_folder_around_an_archive_is_no_student(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"hw1/ann.ipynb": notebook(), "hw1/ben.ipynb": notebook()})
    assert who(read(path)) == ["ann", "ben"]


def test_an_archive_never_leaves_its_folder(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("eve/link.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "deep" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../eve.ipynb", notebook())
        archive.writestr("/eve/absolute.ipynb", notebook())
        archive.writestr("..\\..\\eve\\windows.ipynb", notebook())
        archive.writestr(link, "/etc/passwd")
    found = find_notebooks(path, tmp_path / "scratch")
    inside = (tmp_path / "scratch").resolve()
    assert len(found.notebooks) == 3
    assert all(one.path.resolve().is_relative_to(inside) for one in found.notebooks)
    assert not (tmp_path / "eve.ipynb").exists()
    assert found.notes == ["eve/link.ipynb is a link; it is left out"]


def test_an_archive_that_says_less_than_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coursekit.grading.found_files.MOST_READ", 1000)
    path = zipped(tmp_path / "a.zip", {"eve.ipynb": "0" * 100_000, "ann.ipynb": "{}"})
    found = find_notebooks(path, tmp_path / "scratch")
    assert [one.parts for one in found.notebooks] == [("ann.ipynb",)]
    assert "eve.ipynb has 100,000 bytes" in found.notes[0]
    # The size in the archive's own list, set to one that passes: nothing more is unpacked.
    raw = path.read_bytes()
    size, lie = (100_000).to_bytes(4, "little"), (500).to_bytes(4, "little")
    path.write_bytes(raw.replace(size, lie))
    found = find_notebooks(path, tmp_path / "other")
    assert [one.parts for one in found.notebooks] == [("ann.ipynb",)]
    assert "eve.ipynb is damaged in the archive" in found.notes[0]
    assert sum(p.stat().st_size for p in (tmp_path / "other").rglob("*") if p.is_file()) < 1000


def test_a_locked_archive(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"eve.ipynb": "{}"})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # the flag of the file's own header
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # and of the archive's list
    path.write_bytes(bytes(raw))
    assert "is locked with a password" in find_notebooks(path, tmp_path / "s").notes[0]


def test_names_in_utf8_without_the_flag(tmp_path: Path) -> None:
    """As the archives of macOS have them."""
    path = zipped(tmp_path / "a.zip", {"Zoe/x.ipynb": notebook(), "Ben/x.ipynb": notebook()})
    path.write_bytes(path.read_bytes().replace(b"Zoe", "Zë".encode()))
    assert who(read(path)) == ["Ben", "Zë"]


def test_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="there is no notebook in"):
        read(tmp_path / "empty")
    with pytest.raises(CourseError, match="cannot look at"):
        read(tmp_path / "nowhere")
    with pytest.raises(CourseError, match="is no notebook"):
        read(put(tmp_path, "notes.txt", "hello"))
    with pytest.raises(CourseError, match="is damaged, or no zip file"):
        read(put(tmp_path, "broken.zip", "PK"))


def test_a_class_that_handed_in_no_notebook(tmp_path: Path) -> None:
    put(tmp_path / "in", "Ann_7_assignsubmission_file_/answer.py", "x = 1")
    with pytest.raises(CourseError, match=r"no notebook in .* is of textgen/batches") as caught:
        read(tmp_path / "in")
    assert "Ann: Ann_7_assignsubmission_file_/answer.py: no notebook" in caught.value.remedy


@pytest.mark.slow  # it reads the templates of all exercises
def test_submissions_of_another_exercise(tmp_path: Path) -> None:
    put(tmp_path / "in", "ann/1-batches.ipynb")
    put(tmp_path / "in", "ben/1-batches.ipynb", notebook(STATE))
    handed = read(tmp_path / "in")
    assert who(handed) == ["ann"]
    (ben,) = handed.missing
    assert (ben.student, ben.exercise) == ("ben", BATCHES)
    assert ben.why == "ben/1-batches.ipynb: the notebook is of textgen/state"
    put(tmp_path / "other", "ben.ipynb", notebook(STATE))
    with pytest.raises(CourseError, match=r"no notebook in .* is of textgen/batches") as caught:
        read(tmp_path / "other")
    assert "the notebook is of textgen/state" in caught.value.remedy


def test_what_the_metadata_claims_changes_nothing(tmp_path: Path) -> None:
    """The grader says which exercise it is; a claim does not lead to easier checks."""
    put(tmp_path / "in", "ann.ipynb", notebook(BATCHES, coursekit={"exercise": STEP}))
    assert who(read(tmp_path / "in")) == ["ann"]
    handed = read(tmp_path / "in", BATCHES, STEP)
    assert who(handed, BATCHES) == ["ann"]
    assert who(handed, STEP) == []


def stripped(exercise: str) -> str:
    """Return a solved notebook as Colab saves it: without ids, tags and metadata."""
    template = named(exercise)
    book: Notebook = written(template, solved(template))
    for cell in book["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    return json.dumps(book | {"metadata": {}})


def test_a_whole_lesson(tmp_path: Path) -> None:
    """Each notebook counts where its content belongs, whatever it is called."""
    put(tmp_path / "in", "ann/one.ipynb", stripped(BATCHES))
    put(tmp_path / "in", "ann/two.ipynb", stripped(STATE))
    put(tmp_path / "in", "ben/2-batches.ipynb", notebook(STATE))
    put(tmp_path / "in", "cleo/1-batches.ipynb", "{ not json")
    put(tmp_path / "in", "dan/x.ipynb", "{ not json")
    handed = read(tmp_path / "in", BATCHES, STATE)
    assert who(handed, BATCHES) == ["ann", "cleo"]
    assert who(handed, STATE) == ["ann", "ben"]
    dan = [one for one in handed.missing if one.student == "dan"]
    assert [one.why for one in dan] == ["dan/x.ipynb: of no exercise"] * 2


def test_whatever_cannot_be_read_counts_for_the_one_exercise(tmp_path: Path) -> None:
    for name, text in (("a", ""), ("b", "{ not json"), ("c", "[]"), ("d", "\0\0")):
        put(tmp_path / "in", f"{name}.ipynb", text)
    put(tmp_path / "in", "e.ipynb", '{"cells": [], "nbformat": 4, "metadata": {}}')
    assert who(read(tmp_path / "in")) == ["a", "b", "c", "d", "e"]


LEE = Student("s1", "Lee, Ann", "ann.lee@example.org")
NUNEZ = Student("s2", "José Núñez", "jn@example.org")


def roster(*students: Student) -> Roster:
    return Roster({student.id: student for student in students})


def test_the_class_list_names_and_misses(tmp_path: Path) -> None:
    put(tmp_path / "in", "Ann Lee_77_assignsubmission_file_/1-batches.ipynb")
    put(tmp_path / "in", "Ghost_78_assignsubmission_file_/1-batches.ipynb")
    handed = read(tmp_path / "in", roster=roster(LEE, NUNEZ))
    assert {s.student: s.name for s in handed.submissions[BATCHES]} == {
        "s1": "Lee, Ann",
        "78": "Ghost",
    }
    assert handed.notes == ("not in the class list: Ghost; graded under these names",)
    assert [(m.student, m.why) for m in handed.missing] == [("s2", "nothing was handed in")]


def test_canvas_names_and_flat_files_find_their_students(tmp_path: Path) -> None:
    put(tmp_path / "canvas", "núñezjosé_9_1_x.ipynb")
    put(tmp_path / "canvas", "leeann_8_2_x.ipynb")
    assert who(read(tmp_path / "canvas", roster=roster(LEE, NUNEZ))) == ["s2", "s1"]
    put(tmp_path / "flat", "1-batches_s2.ipynb")
    put(tmp_path / "flat", "ann.lee.ipynb")
    assert who(read(tmp_path / "flat", roster=roster(LEE, NUNEZ))) == ["s2", "s1"]


def test_two_people_of_one_name_are_never_one(tmp_path: Path) -> None:
    for number in (77, 78):
        put(tmp_path / "in", f"Ann Lee_{number}_assignsubmission_file_/1-batches.ipynb")
    handed = read(tmp_path / "in", roster=roster(LEE))
    assert sorted(who(handed)) == ["78", "s1"]
    assert handed.notes == ("more than one of that name: Ann Lee; graded under these names",)
    both = roster(LEE, Student("s3", "Ann Lee"))
    handed = read(tmp_path / "in", roster=both)
    assert sorted(who(handed)) == ["77", "78"]


def test_a_number_of_the_platform_is_not_another_students_id(tmp_path: Path) -> None:
    """41200 is Ann's account on the platform, and Ben's number in the list."""
    put(tmp_path / "in", "Ann Lee_41200_assignsubmission_file_/1-batches.ipynb")
    ben = Student("41200", "Ben Ott")
    assert who(read(tmp_path / "in", roster=roster(LEE, ben))) == ["s1"]
    (only,) = read(tmp_path / "in", roster=roster(ben)).submissions[BATCHES]
    assert (only.student, only.name) == ("Ann Lee 41200", "Ann Lee")


def test_blind_marking_goes_by_the_number(tmp_path: Path) -> None:
    put(tmp_path / "in", "Participant_41200_assignsubmission_file_/1-batches.ipynb")
    ben = Student("41200", "Ben Ott")
    assert who(read(tmp_path / "in", roster=roster(LEE, ben))) == ["41200"]


def test_a_students_archive_has_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coursekit.grading.found_files.MOST_INNER_FILES", 3)
    (tmp_path / "in" / "ann").mkdir(parents=True)
    zipped(tmp_path / "in" / "ann" / "a.zip", {f"{n}.ipynb": "{}" for n in range(9)})
    found = find_notebooks(tmp_path / "in", tmp_path / "scratch")
    assert len(found.notebooks) == 3
    assert found.notes == ["ann/a.zip/3.ipynb is one too many for a student; it is left out"]
    monkeypatch.setattr("coursekit.grading.found_files.MOST_INNER", 100)
    zipped(tmp_path / "in" / "ann" / "a.zip", {f"{n}.ipynb": "0" * 40 for n in range(3)})
    found = find_notebooks(tmp_path / "in", tmp_path / "scratch")
    assert len(found.notebooks) == 2
    assert "does not fit" in found.notes[0]


def test_a_folder_that_cannot_be_read_or_is_too_deep_is_one_students(open_folder: Path) -> None:
    (open_folder / "in").mkdir()
    deep = open_folder / "in" / "eve" / "/".join("d" * 30)
    deep.mkdir(parents=True)
    (deep / "x.ipynb").write_text("{}", encoding="utf-8")
    put(open_folder / "in", "ann/1-batches.ipynb")
    put(open_folder / "in", "ben/1-batches.ipynb")
    with locked_away(open_folder / "in" / "ben", 0o000):
        found = find_notebooks(open_folder / "in", open_folder / "scratch")
    assert [one.parts[0] for one in found.notebooks] == ["ann"]
    assert "cannot read" in found.notes[0]
    assert "is too deep" in found.notes[1]
