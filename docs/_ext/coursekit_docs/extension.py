"""The part of the site that is made from the repository, and formulas without a script.

Before Sphinx looks for pages, `docs/course/` is written: a page for each lesson, the course map,
the notebooks as they are, and the pictures in them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject
from sphinx.util import logging

from coursekit_docs.command_pages import commands_page
from coursekit_docs.course import Chapter, chapters, describe_pictures, pictures_of, read_book
from coursekit_docs.course_pages import (
    datasets_table,
    lesson_page,
    map_page,
    map_part,
    questions,
)

log = logging.getLogger(__name__)
# Sizes of brackets, which MathML chooses by itself.
_SIZES = re.compile(r"\\[bB]igg?[lrm]?(?![a-zA-Z])")
COURSE, REFERENCE = Path("course"), Path("reference")


def write_pages(app: Sphinx) -> None:
    """Write the generated pages below the folder of the sources; what is unchanged stays."""
    docs = Path(app.srcdir)
    root = docs.parent
    found = chapters(root)
    made: dict[Path, bytes] = {
        REFERENCE / "_commands.md": commands_page().encode(),
        REFERENCE / "_datasets.md": datasets_table(found).encode(),
    }
    made[COURSE / "_questions.md"] = questions(found).encode()
    made[COURSE / "index.md"] = map_page(found).encode()
    made[COURSE / "_map.md"] = map_part(found, "../course/").encode()
    for chapter in found:
        made |= _chapter(chapter, docs)
    for old in (docs / COURSE).rglob("*"):
        if old.is_file() and old.relative_to(docs) not in made:
            old.unlink()
    for path, content in made.items():
        _write(docs / path, content)


def _chapter(chapter: Chapter, docs: Path) -> dict[Path, bytes]:
    """Return the pages, notebooks and pictures of a lesson by their path."""
    made, name = {}, chapter.lesson.name
    for unit in chapter.units:
        book = read_book(docs.parent / unit.place)
        describe_pictures(book)
        made[COURSE / unit.place] = json.dumps(book, ensure_ascii=False).encode()
    pictures = pictures_of(name, read_book(docs.parent / chapter.worked.place))
    for picture in pictures:
        made[COURSE / "pictures" / picture.name] = picture.content
    about = Path("learn", "about", f"{name}.md")
    own = f"../{about.as_posix()}" if (docs / about).exists() else None
    made[COURSE / f"{name}.md"] = lesson_page(chapter, own, pictures).encode()
    return made


def _write(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def mathml(text: str, as_block: bool) -> str:
    """Return a formula of TeX as MathML, which browsers show without a script."""
    return str(tex2mathml(_SIZES.sub("", text), as_block=as_block))


def _formula(visitor: Any, node: nodes.Element, as_block: bool) -> None:
    try:
        visitor.body.append(mathml(node.astext(), as_block))
    except MathError as error:
        log.warning("the formula %s: %s", node.astext(), error, location=node)
    raise nodes.SkipNode


def inline_math(visitor: Any, node: nodes.Element) -> None:
    """Write a formula within a line."""
    _formula(visitor, node, as_block=False)


def block_math(visitor: Any, node: nodes.Element) -> None:
    """Write a formula on lines of its own."""
    visitor.body.append('<div class="formula">')
    try:
        _formula(visitor, node, as_block=True)
    finally:
        visitor.body.append("</div>")


def whole_signature(
    app: Sphinx,
    what: str,
    name: str,
    obj: Any,
    options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Write ``...`` for a default that a dataclass makes: the rest is then read as Python."""
    return (signature and signature.replace("<factory>", "...")), returns


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-signature", whole_signature)
    for field in PyObject.doc_field_types:
        if field.name == "variable":  # what the docstrings call Attributes
            field.label = "Attributes"
    app.add_html_math_renderer(
        "mathml", inline_renderers=(inline_math, None), block_renderers=(block_math, None)
    )
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
