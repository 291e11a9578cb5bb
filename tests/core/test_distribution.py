import tomllib
from collections.abc import Callable
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from coursekit import __version__, distribution
from coursekit.errors import CourseError
from coursekit.plugins import find
from tests.conftest import ROOT

Make = Callable[..., Distribution]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that installs metadata, and nothing else, into a folder."""

    def made(name: str, *lines: str, version: str = "1.0", points: str = "") -> Distribution:
        folder = tmp_path / name
        meta = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        meta.mkdir(parents=True)
        head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        (meta / "METADATA").write_text("\n".join([*head, *lines, ""]))
        (meta / "entry_points.txt").write_text(points)
        return Distribution.at(meta)

    return made


def test_the_kit_is_the_distribution_of_the_project_file() -> None:
    kit = distribution.kit()
    assert (kit.name, kit.version) == (PROJECT["name"], PROJECT["version"])
    assert kit.version == __version__
    assert distribution.repository(kit) == PROJECT.get("urls", {}).get("Repository", "")
    required = {str(need) for need in distribution.requirements(kit)}
    wanted = {str(Requirement(line)) for line in PROJECT["dependencies"]}
    assert required == wanted, "pyproject.toml has changed: pip install -e . again"


def test_a_stranger_of_the_same_name_is_not_the_kit(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("coursekit", points="[console_scripts]\ncoursekit = coursekit.cli:app\n")
    monkeypatch.syspath_prepend(str(tmp_path / "coursekit"))
    stranger = distribution.installed("coursekit")
    assert stranger is not None
    assert stranger.version == "1.0"
    assert distribution.kit().name == PROJECT["name"]


def test_a_kit_that_was_never_installed_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distribution, "entry_points", lambda **_: [])
    with pytest.raises(CourseError, match=r"pip install -e \."):
        distribution.kit()


def test_of_two_distributions_with_one_plugin_the_first_on_the_path_counts(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("later", "earlier"):
        make(name, points="[coursekit]\ntwice = no_such_module\n")
        monkeypatch.syspath_prepend(str(tmp_path / name))
    assert [each.distribution for each in find() if each.name == "twice"] == ["earlier"]


@pytest.mark.parametrize(
    ("version", "minimum"),
    [("1.0", "dots>=1.0"), ("2.1.0.dev3+g12ab", "dots>=2.1.0.dev3"), ("1.0rc1", "dots>=1.0rc1")],
)
def test_the_least_version_leaves_out_what_is_local(make: Make, version: str, minimum: str) -> None:
    found = make("dots", version=version)
    assert distribution.at_least(found) == minimum
    assert distribution.meets(found, Requirement(minimum))


@pytest.mark.parametrize(
    ("version", "required", "met"),
    [
        ("2.10.0", ">=2.9", True),  # numbers, not letters
        ("2.9", ">=2.10", False),
        ("2.0rc1", ">=2.0", False),  # comes before 2.0
        ("2.1.dev4", ">=2.0", True),
        ("2.0.post1", ">=2.0", True),
        ("2.0", "", True),
        ("3.0", ">=2.0,<3", False),
    ],
)
def test_versions_are_compared_as_pip_does(
    make: Make, version: str, required: str, met: bool
) -> None:
    found = make("dots", version=version)
    assert distribution.meets(found, Requirement(f"dots{required}")) is met
    assert not distribution.meets(None, Requirement(f"dots{required}"))


def test_a_bound_is_what_all_together_require(make: Make) -> None:
    one = make(
        "one",
        "Requires-Dist: NumPy>=1.26",
        "Requires-Dist: rich>=13; extra == 'colour'",
        "Requires-Dist: tomli>=2; python_version < '3.0'",
    )
    other = make("other", "Requires-Dist: numpy[extra]>=2.1,<3", "Requires-Dist: one")
    assert distribution.bound("numpy", one) == "numpy>=1.26"
    assert distribution.bound("numpy", one, other) == "numpy<3,>=1.26,>=2.1"
    assert distribution.bound("one", one, other) == "one"
    for package in ("rich", "tomli", "tensorflow"):
        assert distribution.bound(package, one, other) == ""


def test_what_is_not_met_is_named_with_its_bound(make: Make) -> None:
    needs = ("numpy>=1", "numpy>=99", "no-such-package>=2")
    found = make("dots", *(f"Requires-Dist: {need}" for need in needs))
    assert distribution.unmet(found) == ["numpy>=99", "no-such-package>=2"]


@pytest.mark.parametrize(
    ("urls", "address"),
    [
        (["Repository, https://host.example/dots"], "https://host.example/dots"),
        (["Docs, https://a.example", "source-code,https://b.example/x,y"], "https://b.example/x,y"),
        (["GitHub, http://c.example/dots.git"], "http://c.example/dots.git"),
        (["Homepage, https://a.example"], ""),
        (["Repository, git@host.example:dots"], ""),
        ([], ""),
    ],
)
def test_an_address_is_read_from_the_labels_of_a_repository(
    make: Make, urls: list[str], address: str
) -> None:
    found = make("dots", *(f"Project-URL: {url}" for url in urls))
    assert distribution.repository(found) == address


def test_pip_gets_an_address_or_a_path_and_never_a_bare_name(make: Make) -> None:
    known = make("known", "Project-URL: Repository, https://host.example/known")
    clone, other = make("clone"), make("other")
    assert distribution.how_to_install(known) == (
        'run this line without its #:\n%pip install "known @ git+https://host.example/known"'
    )
    assert distribution.how_to_install(clone, known, other) == (
        "clone the repository of clone\nand of other,\n"
        "then run this line without its #, with the path of your clone:\n"
        '%pip install path/to/clone "known @ git+https://host.example/known" path/to/other'
    )


def test_a_plugin_that_lacks_something_names_what_it_requires(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coursekit.plugins import catalogue

    points = "[coursekit]\nbad = bad_module\n"
    make("declared", "Requires-Dist: no-such-package>=2", points=points)
    (tmp_path / "declared" / "bad_module.py").write_text("import no_such_module")
    monkeypatch.syspath_prepend(str(tmp_path / "declared"))
    (broken,) = [each for each in catalogue().broken if each.plugin.startswith("bad ")]
    assert broken.remedy == "install no-such-package>=2, or: pip uninstall declared"


def test_doctor_finds_a_stranger_in_the_same_folder(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coursekit.commands.doctor import findings

    def look() -> tuple[str, str]:
        return next((f.found, f.remedy) for f in findings() if f.what == "coursekit")

    name, version = PROJECT["name"], PROJECT["version"]
    assert look() == (f"{version}, from the distribution {name}", "")
    make("coursekit")
    (tmp_path / "coursekit" / "coursekit-1.0.dist-info" / "RECORD").write_text(
        "coursekit/__init__.py,,\n"
    )
    # Some readers of metadata leave out files that are not there.
    (tmp_path / "coursekit" / "coursekit").mkdir()
    (tmp_path / "coursekit" / "coursekit" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "coursekit"))
    found, remedy = look()
    assert found == f"{version}, from the distribution {name}, coursekit"
    assert remedy == f"pip uninstall coursekit, then install {name} again"
