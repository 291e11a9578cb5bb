"""What a student's code can import: the solution of the exercise is cut out, all else stays."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from coursekit.grading.view import TAKEN, Cut, make_view, packages, solutions, without
from coursekit.notebooks.cells import cells
from coursekit.practice.gather import exercise
from coursekit.practice.locate import all_exercises

EXERCISES = list(all_exercises())


def functions(path: Path) -> dict[str, str]:
    """Return the code of the functions and methods of a module, without comments."""
    found: dict[str, str] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}.{inner.name}": ast.dump(inner)
                for inner in node.body
                if isinstance(inner, ast.FunctionDef)
            }
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = ast.dump(node)
    return found


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_alone_is_cut_out(name: str, tmp_path: Path) -> None:
    template = exercise(name)
    view = make_view(template, tmp_path)
    cuts = list(solutions(template))
    holes: set[str] = set()
    for package, folder in packages(template).items():
        for path in sorted((view / package).rglob("*.py")):
            real = folder / path.relative_to(view / package)
            if package == "coursekit" and real.name == "notebook_api.py":
                continue  # whose run_checks does nothing in the copy
            before, after = functions(real), functions(path)
            assert before.keys() == after.keys()
            changed = {each for each in before if before[each] != after[each]}
            module = ".".join([package, *path.relative_to(view / package).with_suffix("").parts])
            own = {cut.name for cut in cuts if cut.module == module}
            assert {each.partition(".")[0] for each in changed} <= own
            holes |= {each for each in changed if TAKEN in after[each]}
    asked = {name for cell in cells(template) if cell.role == "student" for name in cell.names}
    for cut in cuts:
        assert cut.name in asked
        assert any(hole.partition(".")[0] == cut.name for hole in holes), cut


@pytest.mark.parametrize("name", ["textgen/batches", "nmt/attention"])
def test_nothing_that_decides_about_marks_is_in_the_copies(name: str, tmp_path: Path) -> None:
    view = make_view(exercise(name), tmp_path)
    files = [path.relative_to(view) for path in view.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert path.suffix not in (".pyc", ".ipynb")
        assert not {"templates", "tests", "__pycache__"} & set(path.parts)
        assert path.parts[:2] not in {
            ("coursekit", each) for each in ("notebooks", "grading", "commands", "cli")
        }
    others = {"coursekit_dcgan", "coursekit_captioning", "coursekit_transformer"}
    assert not others & {path.parts[0] for path in files}


def test_a_hole_reports_who_comes_to_it() -> None:
    text = (Path(__file__).parents[2] / "plugins/coursekit_textgen/data.py").read_text("utf-8")
    cut = without(text, [Cut("coursekit_textgen.data", "next_piece", ())])
    assert 'raise NotImplementedError("next_piece is yours to write' in cut
    assert 'audit("coursekit.answer", "next_piece")' in cut
    assert "side_by_side is" not in cut
    compile(cut, "data.py", "exec")


def test_a_plugin_that_is_one_module_has_a_copy(tmp_path: Path) -> None:
    assert importlib.util.find_spec("coursekit_textgen") is not None
    found = packages(exercise("textgen/batches"))
    assert set(found) == {"coursekit", "coursekit_textgen"}
    assert all(path.exists() for path in found.values())
