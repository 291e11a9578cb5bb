"""Papers are linked by the right address: each number stands beside its authors or its title.

Most of the table was compared with the titles under which public repositories cite these addresses.
"""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import DOCS

# What an address leads to: words of the authors' names or of the title, one of which is near it.
PAPERS = {
    "1211.5063": "recurrent neural networks|vanishing gradient",
    "1308.0850": "Graves",
    "1405.0312": "Lin et al|COCO",
    "1406.1078": "Cho et al",
    "1406.2661": "Goodfellow",
    "1409.0473": "Bahdanau",
    "1409.3215": "Sutskever",
    "1411.4555": "Vinyals",
    "1411.5726": "CIDEr",
    "1412.2007": "Sampled softmax|Jean",
    "1502.03044": "Show, Attend and Tell|Show,? Attend",
    "1502.03167": "Ioffe",
    "1506.02078": "Karpathy, Johnson",
    "1506.03099": "Bengio et al",
    "1508.07909": "Sennrich",
    "1511.06434": "Radford|original paper",
    "1512.00567": "Inception|Label smoothing",
    "1512.03385": "He et al",
    "1601.04811": "Tu et al",
    "1603.05027": "He et al",
    "1606.03498": "Salimans",
    "1606.03657": "InfoGAN",
    "1606.08415": "GELU|Hendrycks",
    "1607.06450": "Ba et al|Ba, Kiros",
    "1608.00507": "Zhang",
    "1608.05859": "Press",
    "1609.04468": "White",
    "1609.08144": "Wu et al",
    "1611.02163": "Metz",
    "1704.04861": "MobileNet",
    "1706.02071": "DeLiGAN",
    "1706.03762": "Vaswani|Attention is all you need",
    "1706.03872": "Koehn",
    "1706.08500": "Heusel|FID",
    "1710.10196": "Karras",
    "1711.05101": "AdamW|Loshchilov",
    "1712.04086": "PacGAN",
    "1805.04833": "Fan",
    "1806.04498": "Yazıcı",
    "1807.03247": "Liu et al",
    "1809.02156": "Rohrbach",
    "1809.11096": "Brock",
    "1812.04948": "Karras",
    "1902.10186": "Jain and Wallace",
    "1904.09751": "Holtzman",
    "1908.04626": "Wiegreffe",
    "1911.07023": "Chong",
    "2001.08248": "Islam",
    "2002.04745": "Xiong",
    "2104.09864": "Su et al",
    "2203.16634": "Haviv",
    "2209.11895": "Olsson",
    "10.1016/0047-259X%2882%2990077-X": "Gaussians",
    "10.1145/325334.325242": "Shoemake",
    "10.1145/872757.872770": "Schleimer",
    "10.1162/neco.1989.1.2.270": "Zipser",
    "10.1207/s15516709cog1402_1": "Elman",
    "10.1613/jair.3994": "Hodosh",
    "P02-1040": "BLEU",
    "W15-3049": "chrF|Popović",
}
ADDRESS = re.compile(
    r"https?://(?:arxiv\.org/(\w+)/([\w.]+?)|doi\.org/([\w./%-]+?)|aclanthology\.org/([\w-]+))"
    r"/?(?=[.,;]?(?:[)\s\"`*]|$))",
    re.MULTILINE,
)
BUILT = {"_build", "course"}
NEAR = 220  # characters on either side


def texts() -> list[Path]:
    """Return the files in which papers are named: lessons, exercises, code, pages."""
    plugins = (ROOT / "plugins").glob("coursekit_*/**/*.py")
    written = [path for path in DOCS.rglob("*.md") if path.relative_to(DOCS).parts[0] not in BUILT]
    return [ROOT / "README.md", *plugins, *written]


def links() -> list[tuple[str, str, str]]:
    """Return the file, the number and the words near each link to a paper."""
    found = []
    for path in texts():
        text = path.read_text("utf-8")
        for match in ADDRESS.finditer(text):
            kind, *numbers = match.groups()
            assert kind in (None, "abs"), f"{path}: {match[0]}: link the abstract"
            near = text[max(match.start() - NEAR, 0) : match.end() + NEAR]
            number = next(filter(None, numbers))
            found.append((str(path.relative_to(ROOT)), number, re.sub(r"\s*\n#?\s*", " ", near)))
    return found


def test_every_link_is_found() -> None:
    lines = [line for path in texts() for line in path.read_text("utf-8").splitlines()]
    count = sum(len(re.findall(r"arxiv\.org|/doi\.org|aclanthology\.org", line)) for line in lines)
    assert len(links()) == count > 60


@pytest.mark.parametrize("number", sorted(PAPERS))
def test_a_paper_is_cited_beside_its_authors_or_its_title(number: str) -> None:
    cited = [(file, near) for file, found, near in links() if found == number]
    assert cited
    for file, near in cited:
        assert re.search(PAPERS[number], near), f"{file}: {near}"


def test_no_link_is_unknown() -> None:
    assert {number for _, number, _ in links()} == set(PAPERS)


@pytest.mark.parametrize("lesson", ["textgen", "nmt", "captioning", "dcgan", "transformer"])
def test_a_paper_with_a_year_is_linked_where_it_is_named(lesson: str) -> None:
    """Who is named with a year in a lesson's texts stands inside a link."""
    folder = ROOT / "plugins" / f"coursekit_{lesson}" / "templates"
    for path in sorted(folder.glob("*.py")):
        text = re.sub(r"\n# ?", " ", path.read_text("utf-8"))
        named = re.findall(r"[A-Z]\w+(?: et al\.| and others),? \(?(?:19|20)\d\d", text)
        for name in named:
            assert re.search(rf"\[[^]]*{re.escape(name)}[^]]*\]\(http", text), f"{path}: {name}"
