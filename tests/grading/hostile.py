"""A class whose every text tries to get out of the page that it is shown on."""

import io
from pathlib import Path

from PIL import Image

from coursekit.grading.results import Alarm, Grade, Submission, Verdict

RAN = "document.title='ran'"
ATTACK = (
    f'</title></style></pre></svg>"\'><script>{RAN}</script><img src=x onerror="{RAN}">'
    f'<iframe srcdoc="<script>parent.{RAN}</script>"></iframe>{{{{ 7 * 7 }}}}{{% raw %}}'
    f'<a href="javascript:{RAN}">`x`</a> *y* =1+1 \u202egnp.exe \x1b[31m&amp;'
)
SECRET = "the private text"


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(out, "PNG")
    return out.getvalue()


def hostile_class(folder: Path) -> list[Grade]:
    """Return grades of two students; the second has nothing that is right."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "x.ipynb"
    path.write_text("{}", encoding="utf-8")
    checks = (
        Verdict("a", ATTACK, 2, 2, "passed"),
        Verdict("b", ATTACK, 2, 0, "wrong", ATTACK, ATTACK, (ATTACK, "a hint", "x")),
        Verdict("c", SECRET, 1, 0, "wrong", SECRET, SECRET, (SECRET,), hidden=True),
        Verdict("d", "Later", 1, 0, "not reached", "comes after"),
    )
    pictures = (picture() + b"<script>alert(1)</script>", b"GIF89a<script>", b"<svg onload=x>")
    eve = Grade(
        Submission(ATTACK, path, ATTACK),
        "textgen/batches",
        checks,
        (Alarm(ATTACK, ATTACK, ATTACK),),
        (ATTACK,),
        ATTACK * 3,
        pictures,
        "bubblewrap",
        1.0,
        f"{path}: {ATTACK}",
    )
    bob = Grade(Submission("../../bob", path, ""), "textgen/batches", checks)
    return [eve, bob]
