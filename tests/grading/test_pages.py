"""The pages: whole, readable, and harmless whatever students wrote; in a real browser, too."""

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from coursekit.grading.pages import marked
from coursekit.grading.pictures import as_data
from coursekit.grading.reports import write_reports
from tests.conftest import ROOT
from tests.grading.hostile import RAN, SECRET, hostile_class, picture

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "footer", "header", "section"),
    *("h1", "h2", "h3", "p", "small", "bdi", "ol", "ul", "li", "span", "details", "summary"),
    *("pre", "img", "dl", "div", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "line", "path", "rect", "text", "code", "em", "strong", "a", "blockquote"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "src", "alt", "href"),
    *("viewbox", "role", "preserveaspectratio", "x", "y", "x1", "x2", "y1", "y2", "d"),
    *("width", "height"),
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    grades = hostile_class(folder / "in")
    write_reports(grades, folder / "reports", manual=folder / "manual.csv")
    return folder / "reports"


def pages(reports: Path) -> list[Path]:
    found = sorted(reports.rglob("*.html"))
    assert len(found) == 3
    return found


class Elements(HTMLParser):
    """Takes a page apart, as a browser does."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("src", "href"):
                self.addresses.append(value or "")


def test_nothing_that_students_wrote_becomes_html(reports: Path) -> None:
    for page in pages(reports):
        found = Elements(page.read_text(encoding="utf-8"))
        assert found.tags <= TAGS
        assert found.attributes <= ATTRIBUTES
        for address in found.addresses:
            known = address.startswith("data:image/png;base64,")
            assert known or (page.parent / address).is_file(), address


def test_what_they_wrote_is_there_to_read(reports: Path) -> None:
    text = (reports / "class.html").read_text(encoding="utf-8")
    assert "{{ 7 * 7 }}" in text
    assert "<bdi>&lt;/title&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u202egnp.exe" in text


def test_the_policy_allows_this_style_sheet_and_nothing_else(reports: Path) -> None:
    for page in pages(reports):
        text = page.read_text(encoding="utf-8")
        (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules == {
            "default-src": "'none'",
            "style-src": f"'sha256-{digest}'",
            "img-src": "data:",
            "base-uri": "'none'",
            "form-action": "'none'",
        }


def test_students_never_see_a_private_text(reports: Path) -> None:
    given = [p for name in ("students", "gradescope") for p in (reports / name).rglob("*.*")]
    assert len(given) == 4
    for path in given:
        text = path.read_text(encoding="utf-8")
        assert SECRET not in text
        assert "Private check 1" in text
    assert SECRET in (reports / "class.html").read_text(encoding="utf-8")


def test_pictures_are_drawn_again() -> None:
    sly = picture("blue") + b"<script>alert(1)</script>"
    address = as_data(sly)
    clean = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    assert b"script" not in clean
    with Image.open(io.BytesIO(clean)) as image:
        assert (image.size, image.getpixel((3, 3))) == ((30, 20), (0, 0, 255, 255))


@pytest.mark.parametrize(
    "raw", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\0" * 99, picture()[:-40]]
)
def test_what_is_no_picture_is_not_shown(raw: bytes) -> None:
    assert as_data(raw) == ""


def test_a_picture_that_is_a_bomb_is_not_unpacked() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    assert as_data(out.getvalue()) == ""


def test_code_and_emphasis_are_set_off() -> None:
    assert marked("`a < b` is *not* 2 * 3 * 4") == (
        "<code>a &lt; b</code> is <em>not</em> 2 * 3 * 4"
    )


def test_names_of_files_stay_in_their_folder(reports: Path) -> None:
    names = sorted(path.name for path in (reports / "students").iterdir())
    assert names[0] == "bob.html"
    assert all(re.fullmatch(r"[a-z0-9-]+\.html", name) for name in names)


def browse(page: Path, profile: Path, *words: str) -> str:
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome is installed")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    done = subprocess.run(
        [*command, f"--user-data-dir={profile}", *words, page.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def title_of(dom: str) -> str:
    titles: list[str] = re.findall(r"<title>(.*?)</title>", dom, re.DOTALL)
    return titles[0]


@pytest.mark.slow
def test_no_script_runs_in_a_browser(reports: Path, tmp_path: Path) -> None:
    control = tmp_path / "control.html"
    control.write_text(f"<title>no</title><script>{RAN}</script>", encoding="utf-8")
    assert title_of(browse(control, tmp_path / "profile", "--dump-dom")) == "ran"
    for page in pages(reports)[:2]:
        # Even a script that had got past the escaping would be stopped by the policy.
        text = page.read_text(encoding="utf-8")
        injected = tmp_path / "injected.html"
        script = f'<script>{RAN}</script><img src="x" onerror="{RAN}">'
        injected.write_text(text.replace("<main>", f"<main>{script}"), encoding="utf-8")
        dom = browse(injected, tmp_path / "profile", "--dump-dom")
        assert dom.count("<script") == 1
        assert title_of(dom) == title_of(text)


@pytest.mark.slow
def test_the_class_page_is_drawn_with_its_colours(reports: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    words = ("--window-size=800,4000", f"--screenshot={shot}")
    browse(reports / "class.html", tmp_path / "profile", *words)
    with Image.open(shot) as image:
        colours = image.convert("RGB").getcolors(1 << 24) or []
    count = {colour: number for number, colour in colours}
    assert count.get((0x2F, 0x6D, 0xB5), 0) > 1000  # the bars
    assert count.get((0xB3, 0x54, 0x1E), 0) > 100  # the shares that are wrong


def test_results_for_gradescope_are_json(reports: Path) -> None:
    for path in (reports / "gradescope").rglob("results.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["tests"]


def test_a_wheel_carries_the_templates() -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    files = wheel.WheelBuilder(str(ROOT)).recurse_included_files()
    names = {file.distribution_path.replace("\\", "/") for file in files}
    folder = ROOT / "coursekit" / "grading" / "templates"
    wanted = {f"coursekit/grading/templates/{path.name}" for path in folder.iterdir()}
    assert len(wanted) == 4
    assert wanted <= names
