"""Text with formulas, as a terminal shows it."""

from __future__ import annotations

import re

import pytest

from coursekit.formulas import formula
from coursekit.notebooks.template import templates
from coursekit.plugins import catalogue
from coursekit.readable import readable

FORMULA = re.compile(r"\$\$.+?\$\$|(?<![\w\\$`])\$(?=\S)[^$`]+?\$(?![\w$])", re.DOTALL)


def texts() -> list[str]:
    return [
        cell.source
        for lesson in catalogue().lessons.values()
        for template in templates(lesson)
        for cell in template.cells
        if cell.role in ("text", "why")
    ]


def test_every_formula_of_the_course_is_readable() -> None:
    found = {each for text in texts() for each in FORMULA.findall(text)}
    assert len(found) > 80, "formulas of the course were missed"
    for latex in found:
        text = readable(latex)
        assert text.strip(), latex
        assert not re.search(r"[\\${}]", text), f"{latex} became {text}"


def test_no_text_of_the_course_keeps_a_mark_of_a_formula_or_of_emphasis() -> None:
    for text in texts():
        shown = re.sub(r"`[^`]*`|^    .*$", "", readable(text), flags=re.MULTILINE)
        assert "$" not in shown, shown
        assert "\\" not in shown, shown
        assert "**" not in shown, shown


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"e_s = v^\top \tanh(W q + k_s)", "eₛ = vᵀ tanh(W q + kₛ)"),
        (r"c = \sum_s \alpha_s h_s .", "c = Σₛ αₛ hₛ."),
        (r"\operatorname{softmax}(e)", "softmax(e)"),
        (r"\softmax(e)", "softmax(e)"),
        (
            r"\mathrm{softmax}\!\Big(\frac{Q K^\top}{\sqrt d}\Big)\, V",
            "softmax((Q Kᵀ)/√d) V",
        ),
        (r"e^{z_w} - z_{\text{right}}", "e^(z_w) - z_right"),
        (r"e^{s_i}", "e^(sᵢ)"),
        (r"1 / (1 + e^{-\ell})", "1 / (1 + e^(-ℓ))"),
        (r"\cos\theta = \frac{a \cdot b}{|a|\,|b|}", "cos θ = (a · b)/(|a| |b|)"),
        (r"\hat y \in \mathbb{R}^n", "ŷ ∈ ℝⁿ".replace("ŷ", "y\u0302")),
        (r"\tilde h' ", "h\u0303′"),
        (r"\sqrt[3]{x + 1}", "³√(x + 1)"),
        (r"\frac{1}{n}", "1/n"),
        (r"\frac{1/2}{n}", "(1/2)/n"),
        (r"\Delta \le 10^{-3}", "Δ ≤ 10⁻³"),
        (r"\left. \left( a \right) \right.", "(a)"),
        (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix} x", "[a, b; c, d] x"),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", "a = b\n= c"),
        (r"\lambda \odot \Lambda \unheardof{x}", "λ ⊙ Λ unheardof x"),
    ],
)
def test_a_formula(latex: str, expected: str) -> None:
    assert formula(latex) == expected


@pytest.mark.parametrize("latex", ["}", "{", "\\", "^", "_", r"\frac", r"\begin{", r"\sqrt[", "&"])
def test_half_a_formula_fails_nowhere(latex: str) -> None:
    assert isinstance(formula(latex), str)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("The *context* is $c$, **not** `$c$`.", "The context is c, not `$c$`."),
        ("***both*** and **one *in* the other**", "both and one in the other"),
        ("by [Bahdanau\net al.](https://arxiv.org/abs/1)", "by Bahdanau\net al. (https://arxiv.org/abs/1)"),
        ("[https://a.b/c](https://a.b/c)", "https://a.b/c"),
        ("![two words](picture.png)", "[picture: two words]"),
        ("## Predict first\n\n* one\n- two", "Predict first\n\n• one\n• two"),
        ("above\n$$a_i\n= 1$$\nbelow", "above\n    aᵢ = 1\nbelow"),
        ("```python\nx = a * b * c  # $5\n```", "    x = a * b * c  # $5"),
        # What is no Markdown stays as it is.
        ("2 * 3 * 4, f(*args, **more)", "2 * 3 * 4, f(*args, **more)"),
        ("__init__, a_b_c", "__init__, a_b_c"),
        ("it costs $5, not $6", "it costs $5, not $6"),
        (r"\$x\$ and \*y\*", "$x$ and *y*"),
        ("rows[0](1) and a[i][j]", "rows[0](1) and a[i][j]"),
        ("a &lt; b & c", "a < b & c"),
        ("", ""),
    ],
)  # fmt: skip
def test_markdown(markdown: str, expected: str) -> None:
    assert readable(markdown) == expected
