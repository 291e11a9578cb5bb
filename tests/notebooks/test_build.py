import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursekit.errors import CourseError
from coursekit.notebooks.build import check_up_to_date, execute, out_of_date, with_outputs_of
from coursekit.notebooks.notebook import (
    build_notebook,
    code_hash,
    notebook_text,
    sources,
)
from coursekit.notebooks.reading import read_notebook
from coursekit.notebooks.template import KINDS, Template, read_template, templates
from coursekit.plugins import catalogue
from coursekit.practice.leaks import leaks
from tests import sums
from tests.conftest import ROOT, Command


@pytest.fixture
def adding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield sums.install(tmp_path / "plugin", monkeypatch)
    sums.forget()


def all_templates() -> list[Template]:
    """Return the templates of the lessons of this project."""
    return [t for lesson in catalogue().lessons.values() for t in templates(lesson)]


@pytest.mark.parametrize("template", all_templates(), ids=lambda t: t.name)
def test_editions_are_valid_and_the_same_at_every_build(template: Template) -> None:
    for edition in ("student", "solved"):
        book = build_notebook(template, edition)
        again = build_notebook(read_template(template.path, template.lesson), edition)
        assert notebook_text(book) == notebook_text(again)
        nbformat.validate(nbformat.from_dict(book))  # type: ignore[no-untyped-call]
        assert book["metadata"]["coursekit"]["template"].endswith(f"templates/{template.path.name}")
    assert leaks(template, build_notebook(template, "student")) == []
    ids = [cell["id"] for cell in book["cells"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("lesson", ["textgen", "dcgan", "nmt", "captioning", "transformer"])
def test_a_lesson_has_a_worked_notebook_and_every_kind_of_exercise(lesson: str) -> None:
    worked, *exercises = [template for template in all_templates() if template.lesson == lesson]
    assert worked.topic == "lesson"
    assert [template.number for template in exercises] == list(range(1, len(exercises) + 1))
    assert len(exercises) >= 5
    offered = ", ".join(template.fields["kind"] for template in exercises)
    assert set(offered.split(", ")) == set(KINDS)
    assert all(re.fullmatch(r"\d+ minutes", t.fields["time"]) for t in (worked, *exercises))
    assert sum(bool(re.match(r"DATASET = ", c.source)) for c in worked.cells) == 1  # one line


def test_what_is_in_the_repository_is_what_would_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    from coursekit.console import consoles

    ours = [lesson for lesson in catalogue().lessons.values() if lesson.templates.is_dir()]
    check_up_to_date(ours, consoles())


def test_roles_points_and_nbgrader_checksum(adding: Path) -> None:
    book = build_notebook(read_template(adding, "sums"), "student")
    cells = {cell["id"]: cell for cell in book["cells"]}
    check = cells["check-guessed"]["metadata"]
    assert check["tags"] == ["check"]
    assert check["nbgrader"] | {"points": 6, "grade": True, "locked": True} == check["nbgrader"]
    student = cells["exercise-guess"]
    told = student["metadata"]["nbgrader"]
    assert told | {"solution": True, "grade": False, "schema_version": 3} == told
    # By hand: source, type, grade, solution, locked, id.
    text = student["source"] + "code" + "False" + "True" + "False" + "exercise-guess"
    assert told["checksum"] == hashlib.md5(text.encode()).hexdigest()
    text = cells["check-guessed"]["source"] + "codeTrueFalseTruecheck-guessed6.0"
    assert check["nbgrader"]["checksum"] == hashlib.md5(text.encode()).hexdigest()


def test_an_id_stays_when_cells_are_put_in_above(adding: Path) -> None:
    before = {c["id"] for c in build_notebook(read_template(adding, "sums"), "student")["cells"]}
    adding.write_text(
        adding.read_text().replace("# %%\nguess", '# %%\nprint("new")\n\n# %%\nguess')
    )
    after = {c["id"] for c in build_notebook(read_template(adding, "sums"), "student")["cells"]}
    assert before < after
    assert len(after) == len(before) + 1


def test_build_writes_student_and_solved_editions(
    adding: Path, coursekit: Command, tmp_path: Path
) -> None:
    coursekit("build", "sums")
    student = tmp_path / "exercises" / "sums" / "1-adding.ipynb"
    assert "is still to be written" in student.read_text()
    syllabus = (tmp_path / "exercises" / "README.md").read_text()
    assert (
        "[1. Adding](sums/1-adding.ipynb) | Add, and know what a mean is. | 5 minutes | nothing |"
        in syllabus
    )
    assert "up to date" in coursekit("build", "sums", "--check").stdout
    coursekit("build", "sums", "--solutions", "solved")
    solved = (tmp_path / "solved" / "sums" / "1-adding.ipynb").read_text()
    assert "found_so_far += number" in solved
    student.write_text(student.read_text().replace("5 minutes", "6 minutes"))
    assert "1-adding.ipynb differs" in coursekit("build", "sums", "--check", code=1).stderr
    assert "right sums/adding" in coursekit("verify", "sums", "--only", "exercises").stdout


def test_a_build_lists_only_the_lessons_that_are_there(
    adding: Path, coursekit: Command, tmp_path: Path
) -> None:
    """All lessons of the course are installed here, too."""
    coursekit("build", "sums")
    page = (tmp_path / "exercises" / "README.md").read_text()
    links = re.findall(r"\]\((.+?)\)", page)
    assert links == ["sums/1-adding.ipynb"]
    assert not (tmp_path / "lessons").exists()  # it has no worked lesson
    (tmp_path / "exercises" / "nmt").mkdir()
    there = catalogue().lesson("nmt").templates / "2_attention.py"
    book = build_notebook(read_template(there, "nmt"), "student")
    (tmp_path / "exercises" / "nmt" / "2-attention.ipynb").write_text(notebook_text(book))
    coursekit("build", "sums")  # what another build has made stays listed
    page = (tmp_path / "exercises" / "README.md").read_text()
    assert re.findall(r"\]\((.+?)\)", page) == ["nmt/2-attention.ipynb", "sums/1-adding.ipynb"]


def test_a_readme_that_the_kit_did_not_write_is_kept(
    adding: Path, coursekit: Command, tmp_path: Path
) -> None:
    page = tmp_path / "exercises" / "README.md"
    page.parent.mkdir()
    page.write_text("# My own words\n")
    assert "kept exercises/README.md" in coursekit("build", "sums").stderr
    assert page.read_text() == "# My own words\n"
    assert (page.parent / "sums" / "1-adding.ipynb").exists()
    assert "up to date" in coursekit("build", "sums", "--check").stdout
    coursekit("build", "sums", "--force")
    assert page.read_text().startswith("<!-- built by `coursekit build`")
    page.write_text(page.read_text().replace("Adding", "Subtracting"))
    assert "README.md differs" in coursekit("build", "sums", "--check", code=1).stderr
    coursekit("build", "sums")  # its own page
    assert "Subtracting" not in page.read_text()


def _solve(book: Any) -> None:
    book["cells"][3]["source"] = "guess = 2 + 2"


def _note(book: Any) -> None:
    book["cells"][0]["source"] += "\nMy note."


def _add(book: Any) -> None:
    book["cells"].append(dict(book["cells"][0], id="mine"))


def _run(book: Any) -> None:
    book["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]


def _move(book: Any) -> None:
    book["cells"].insert(1, book["cells"].pop(3))


def _strip(book: Any) -> None:
    book["metadata"] = {}


@pytest.mark.parametrize("change", [_solve, _note, _add, _run, _move, _strip])
@pytest.mark.parametrize("words", [(), ("--solutions", "exercises")])
def test_a_build_never_writes_over_work(
    adding: Path, coursekit: Command, tmp_path: Path, change: Any, words: tuple[str, ...]
) -> None:
    path = tmp_path / "exercises" / "sums" / "1-adding.ipynb"
    path.parent.mkdir(parents=True)
    book = build_notebook(read_template(adding, "sums"), "solved" if words else "student")
    change(book)
    path.write_text(notebook_text(book))
    before = path.read_bytes()
    said = coursekit("build", "sums", *words, code=1).stderr
    assert "not as coursekit built them: exercises/sums/1-adding.ipynb" in said
    assert "--force" in said
    assert path.read_bytes() == before
    assert not (path.parents[1] / "README.md").exists()
    coursekit("build", "sums", *words, "--force")
    assert path.read_bytes() != before


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"cells": 1}', "\ufeff{}", "[" * 5000])
def test_what_is_no_notebook_is_in_the_way(
    adding: Path, coursekit: Command, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "exercises" / "sums" / "1-adding.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert "--force" in coursekit("build", "sums", code=1).stderr
    assert path.read_text() == text
    coursekit("build", "sums", "--force")
    assert "is still to be written" in path.read_text()


def test_solutions_do_not_take_the_place_of_student_editions(
    adding: Path, coursekit: Command, tmp_path: Path
) -> None:
    coursekit("build", "sums")
    assert "1-adding" in coursekit("build", "sums", "--solutions", "exercises", code=1).stderr
    assert "is still to be written" in (tmp_path / "exercises/sums/1-adding.ipynb").read_text()


def test_what_the_kit_built_is_built_again_after_a_change_of_the_template(
    adding: Path, coursekit: Command, tmp_path: Path
) -> None:
    coursekit("build", "sums")
    path = tmp_path / "exercises" / "sums" / "1-adding.ipynb"
    book = json.loads(path.read_text())
    for cell in book["cells"]:  # as Jupyter saves it
        cell["source"] = cell["source"].splitlines(keepends=True)
    path.write_text(json.dumps(book))
    adding.write_text(adding.read_text().replace("# # Adding", "# # Adding up"))
    coursekit("build", "sums")
    assert "# Adding up" in path.read_text()


def test_a_build_tells_of_templates_that_it_would_pass_over(
    adding: Path, coursekit: Command, tmp_path: Path
) -> None:
    (adding.parent / "attention.py").write_text("")
    (adding.parent / "1_taking.py").write_text(adding.read_text())
    said = coursekit("build", "sums", code=1).stderr
    assert "attention.py: no template has such a name" in said
    assert "1_taking.py: 1_adding.py has the number 1" in said
    assert not (tmp_path / "exercises").exists()
    told = coursekit("verify", "sums", "--only", "notebooks", code=1).stdout
    assert "attention.py: no template has such a name" in told


def test_a_figure_is_kept_as_a_picture(adding: Path) -> None:
    adding.write_text(
        adding.read_text().replace(
            "# %%\nprint(mean((1.0, 3.0)))",
            "# %%\nfrom matplotlib.figure import Figure\n\nfigure = Figure((1, 1))\n"
            'figure.subplots().set(title="all")\nfigure\n\n'
            "# %%\nfrom coursekit.drawing import Drawing\nfrom coursekit.prepare import show\n\n"
            'show(["a [text]", iter(["in ", "pieces"]), figure], alt="an empty square")\n'
            'show(Drawing(1, 1, "page"))',
        )
    )
    done = execute(build_notebook(read_template(adding, "sums"), "solved"))
    pictures = [o for c in done["cells"] for o in c.get("outputs", []) if "data" in o]
    assert [set(picture["data"]) for picture in pictures] == [{"image/png", "text/plain"}] * 3
    one, two, drawing = (picture["data"]["image/png"] for picture in pictures)
    assert one == two != drawing
    alternatives = ["all", "an empty square", "page"]
    assert [picture["metadata"]["image/png"]["alt"] for picture in pictures] == alternatives
    assert ["".join(picture["data"]["text/plain"]) for picture in pictures[1:]] == alternatives[1:]
    printed = [o["text"] for c in done["cells"] for o in c.get("outputs", []) if "text" in o]
    assert "a [text]\nin pieces\n" in printed


def test_outputs_of_other_code_are_found(adding: Path, tmp_path: Path) -> None:
    book = build_notebook(read_template(adding, "sums"), "solved")
    made = json.loads(notebook_text(book))
    made["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    made["metadata"]["coursekit"]["code"] = code_hash(book)
    path = tmp_path / "a.ipynb"
    path.write_text(notebook_text(made))
    assert out_of_date(path, book) == ""
    made["metadata"]["coursekit"]["code"] = "0"
    path.write_text(notebook_text(made))
    assert "different code" in out_of_date(path, book)
    path.write_text("{")
    with pytest.raises(CourseError, match="not a notebook"):
        read_notebook(path)


def test_a_change_of_text_alone_keeps_the_outputs(adding: Path) -> None:
    book = build_notebook(read_template(adding, "sums"), "solved")
    made = json.loads(notebook_text(book))
    made["metadata"]["coursekit"]["code"] = code_hash(book)
    made["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    adding.write_text(adding.read_text().replace("# # Adding", "# # Adding up"))
    changed = build_notebook(read_template(adding, "sums"), "solved")
    kept = with_outputs_of(made, changed)
    assert kept is not None
    assert kept["cells"][2]["outputs"] == made["cells"][2]["outputs"]
    assert kept["cells"][0]["source"].startswith("# Adding up")
    adding.write_text(adding.read_text().replace("print(mean", "print(2 * mean"))
    assert with_outputs_of(made, build_notebook(read_template(adding, "sums"), "solved")) is None


def test_execution_keeps_outputs_and_their_hash(adding: Path) -> None:
    book = build_notebook(read_template(adding, "sums"), "solved")
    done = execute(book)
    printed = [o["text"] for c in done["cells"] for o in c.get("outputs", []) if "text" in o]
    assert "2.0\n" in printed
    assert done["metadata"]["coursekit"]["code"] == code_hash(book)
    assert sources(done) == sources(book)
