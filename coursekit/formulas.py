r"""Formulas in LaTeX as text that a terminal can show: ``\sum_k p_k`` becomes ``Σₖ pₖ``.

It knows what formulas of a course use. A command that it does not know is shown by its name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

_GREEK = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi
rho sigma tau upsilon phi chi psi omega"""
_SIGNS = {
    "cdot": "·", "times": "×", "div": "÷", "pm": "±", "mp": "∓", "odot": "⊙", "oplus": "⊕",
    "otimes": "⊗", "circ": "∘", "ast": "*", "star": "⋆", "le": "≤", "leq": "≤", "ge": "≥",
    "geq": "≥", "ne": "≠", "neq": "≠", "ll": "≪", "gg": "≫", "approx": "≈", "sim": "~",
    "simeq": "≃", "equiv": "≡", "propto": "∝", "to": "→", "rightarrow": "→", "leftarrow": "←",
    "mapsto": "↦", "Rightarrow": "⇒", "Leftrightarrow": "⇔", "iff": "⇔", "in": "∈",
    "notin": "∉", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩", "setminus": "∖",
    "emptyset": "∅", "forall": "∀", "exists": "∃", "land": "∧", "lor": "∨", "lnot": "¬",
    "neg": "¬", "infty": "∞", "partial": "∂", "nabla": "∇", "sum": "Σ", "prod": "∏", "int": "∫",
    "ell": "ℓ", "hbar": "ℏ", "Re": "ℜ", "Im": "ℑ", "prime": "′", "top": "ᵀ", "intercal": "ᵀ",
    "dagger": "†", "ldots": "…", "dots": "…", "cdots": "⋯", "vdots": "⋮", "ddots": "⋱",
    "mid": "|", "vert": "|", "lvert": "|", "rvert": "|", "Vert": "‖", "lVert": "‖",
    "rVert": "‖", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈",
    "rceil": "⌉", "lbrace": "{", "rbrace": "}", "colon": ":", "quad": "  ", "qquad": "    ",
    "varepsilon": "ε", "vartheta": "ϑ", "varphi": "φ", "varrho": "ϱ", "varsigma": "ς",
    ",": " ", ";": " ", ":": " ", ">": " ", " ": " ", "!": "", "|": "‖", "\\": "\n",
}  # fmt: skip
for _name in _GREEK.split():
    _SIGNS[_name] = unicodedata.lookup(f"greek small letter {_name.replace('lambda', 'lamda')}")
    _SIGNS[_name.title()] = _SIGNS[_name].upper()
_ACCENTS = {"hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
            "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7", "dot": "\u0307",
            "ddot": "\u0308"}  # fmt: skip
# What only says how something is set: its argument, if it has one, follows as a group.
_SILENT = """left right big Big bigg Bigg bigl bigr Bigl Bigr middle limits nolimits displaystyle
textstyle mathrm mathbf mathit mathsf mathcal mathscr boldsymbol operatorname mathop text textbf
textit textrm"""
_DOUBLE = {"C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}
_ABOVE = dict(zip("0123456789+-=()abcdefghijklmnoprstuvwxyzTβγδθφχ*′ᵀ",
                  "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᵝᵞᵟᶿᵠᵡ*′ᵀ", strict=True))  # fmt: skip
_BELOW = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ",
                  "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))  # fmt: skip
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\s+|.", re.DOTALL)
_MATRICES = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix"}


def formula(latex: str) -> str:
    r"""Return a formula, written in LaTeX without its dollars, as readable text.

    A power or an index is raised or lowered where Unicode has such characters, else written
    behind ``^`` or ``_``. A matrix is written in one line, its rows separated by semicolons.

    Args:
        latex: For example ``\frac{Q K^\top}{\sqrt d}``, which becomes ``(Q Kᵀ)/√d``.
    """
    text = _Reader(_TOKEN.findall(latex)).until(())
    lines = (
        re.sub(r"(?<=[(\[]) +|(?<=\S) +(?=[,.;)\]])", "", line).strip()
        for line in text.splitlines()
    )
    return "\n".join(line for line in lines if line)


@dataclass
class _Reader:
    """Reads tokens one after another.

    Attributes:
        tokens: Commands, single characters, and runs of spaces.
        at: The number of the next one.
    """

    tokens: list[str]
    at: int = 0

    def until(self, ends: tuple[str, ...]) -> str:
        """Return what stands before one of these tokens, or before the end; the token is read."""
        found = ""
        while self.at < len(self.tokens):
            token = self.next()
            if token in ends:
                break
            found += self._text(token, found)
        return found

    def next(self) -> str:
        """Return the next token."""
        self.at += 1
        return self.tokens[self.at - 1]

    def argument(self) -> str:
        """Return what a command applies to: a group in braces, or one token."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self._text(self.next(), "") if self.at < len(self.tokens) else ""

    def _text(self, token: str, before: str) -> str:
        """Return a token, with its arguments, as text; `before` is the text on its left."""
        if token == "{":
            return self.until(("}",))
        if token in "}&":
            return ""
        if token in "^_":
            return _moved(self.argument(), _ABOVE if token == "^" else _BELOW, token)
        if token.isspace():
            return "" if before.endswith((" ", "\n")) or not before else " "
        if token == "'":
            return "′"
        if token == "~":
            return " "
        return self._command(token[1:].rstrip("*"), before) if token[0] == "\\" else token

    def _command(self, name: str, before: str) -> str:
        if name in _WITH_ARGUMENTS:
            return _WITH_ARGUMENTS[name](self)
        if name in _ACCENTS:
            return "".join(sign + _ACCENTS[name] for sign in self.argument())
        if name in _SILENT.split():
            if self.at < len(self.tokens) and self.tokens[self.at] == ".":  # \left. draws nothing
                self.at += name in ("left", "right")
            return ""
        if name in _SIGNS:
            sign = _SIGNS[name]
            return "" if sign == " " and before.endswith(" ") else sign
        # A function's name: set apart from a letter on its left, as TeX does.
        left = " " if len(name) > 1 and before[-1:].isalnum() else ""
        return left + name + (" " if len(name) > 1 and self._before_a_letter() else "")

    def _before_a_letter(self) -> bool:
        """Return whether a letter, a group, or a letter that is named by a command, comes next."""
        following = self.tokens[self.at] if self.at < len(self.tokens) else ""
        return following == "{" or following.isalnum() or _SIGNS.get(following[1:], "").isalpha()

    def doubled(self) -> str:
        """Return the sign of a set of numbers."""
        return "".join(_DOUBLE.get(sign, sign) for sign in self.argument())

    def fraction(self) -> str:
        """Return a fraction in one line."""
        above, below = self.argument(), self.argument()
        return f"{_bracketed(above)}/{_bracketed(below)}"

    def root(self) -> str:
        """Return a root."""
        degree = ""
        if self.at < len(self.tokens) and self.tokens[self.at] == "[":
            self.next()
            degree = _moved(self.until(("]",)), _ABOVE, "^")
        return f"{degree}√{_bracketed(self.argument())}"

    def environment(self) -> str:
        """Return a matrix in one line; the rows of anything else as lines of their own."""
        kind = self.argument().rstrip("*")
        rows: list[list[str]] = [[]]
        while self.at < len(self.tokens):
            start = self.at
            part = self._part()
            rows[-1].append(" ".join(part.split()))
            end = self.tokens[self.at - 1] if self.at > start else ""
            if end == r"\\":
                rows.append([])
            elif end == r"\end":
                self.argument()
                break
        filled = [row for row in rows if any(row)]
        if kind in _MATRICES:
            return "[" + "; ".join(", ".join(row) for row in filled) + "]"
        return "\n" + "\n".join(" ".join(row) for row in filled) + "\n"

    def _part(self) -> str:
        return self.until(("&", r"\\", r"\end"))


_WITH_ARGUMENTS: dict[str, Callable[[_Reader], str]] = {
    "frac": _Reader.fraction,
    "tfrac": _Reader.fraction,
    "dfrac": _Reader.fraction,
    "sqrt": _Reader.root,
    "mathbb": _Reader.doubled,
    "begin": _Reader.environment,
}


def _moved(text: str, table: dict[str, str], mark: str) -> str:
    """Return an index or a power: in characters of its own, or behind its mark."""
    text = text.strip()
    tight = text.replace(" ", "")
    if tight and all(sign in table for sign in tight):
        return "".join(table[sign] for sign in tight)
    return f"{mark}{text}" if re.fullmatch(r"[A-Za-z0-9]+", text) else f"{mark}({text})"


def _bracketed(text: str) -> str:
    """Return a part of a fraction or root in brackets, if it would be torn apart without them."""
    outer = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", text.strip()))
    return f"({text.strip()})" if re.search(r"[\s/+·×-]", outer) else text.strip()
