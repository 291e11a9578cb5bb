"""How a kernel reads a cell, as far as a check looks at it."""

import ast
import sys

import pytest

from coursekit.practice.cell_code import bindings, bound, may_bind, not_run, python_of, without


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("x = 1", "x = 1"),
        ("x = 1\n", "x = 1\n"),
        ("\n\n  x = 1\n  y = 2", "\n\nx = 1\ny = 2"),
        ("x = 1\r\ny = 2\rz = 3", "x = 1\ny = 2\nz = 3"),
        ("x = '\u2028\x85\x0c'", "x = '\u2028\x85\x0c'"),
        ("!ls", "get_ipython().system('ls')"),
        ("x = !ls", "x = get_ipython().getoutput('ls')"),
        ("f?", "get_ipython().run_line_magic('pinfo', 'f')"),
        ("if x:\n    %cd a", "if x:\n    get_ipython().run_line_magic('cd', 'a')"),
        ("y = (x\n% 3)", "y = (x\n% 3)"),
        (">>> x = 1", "x = 1"),
        ("%%time\nx = 1", "\nx = 1\n"),
        ("\n%%time\n%%capture\nx = 1", "\n\n\nx = 1\n"),
        ("%%capture out\nx = 1", "\nx = 1\nout = get_ipython().captured\n"),
        ("%%timeit\nx = 1", "get_ipython().run_cell_magic('timeit', '', 'x = 1\\n')"),
        ("x = = 1\n", "x = = 1\n"),
        ("x = '\0'", "x = '\0'"),
    ],
)
def test_python(source: str, python: str) -> None:
    assert python_of(source) == python


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n",
        "  ",
        "\n \t\n\nx = 1\n  \n\n",
        "  # a comment\nx = 1",
        'x = """a\n>>> b\n"""',
        '"""\n    >>> b\n    ... c\n"""\n',
        '"""\n...: c\n"""',
        "'''\nIn [1]: c\n'''",
        'x = """\n%time\n!ls\n?\n"""  # is it?',
        "x = '''\n  \n'''",
        "y = 3 \\\n% 2\nz = [\n'!']",
        "def f():\n    ...\n",
        "if True:\n    x = 1\n\x0c\ny = 2",
        "await f()\n",
    ],
)
def test_what_is_plain_python_is_read_as_ipython_reads_it(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = python_of.__wrapped__(source)
    monkeypatch.setattr("coursekit.practice.cell_code._plain_python", lambda text: None)
    assert fast == python_of.__wrapped__(source)


@pytest.mark.parametrize("source", ["x = 1", "\n\n# a\nx = 1\n", "y = 7 \\\n% 2", "x = 'a?'"])
def test_plain_python_needs_no_ipython(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython.core.inputtransformer2", None)
    assert python_of.__wrapped__(source) == source


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b = 1", "a b"),
        ("a, (b, *c) = 1, (2, 3)", "a b c"),
        ("a.x = b[0] = 1", ""),
        ("a: int = 1; b += 1; del c", "a b c"),
        ("def a(b): c = 1", "a"),
        ("async def a(): pass\nclass b(c): d = 1", "a b"),
        ("a = lambda b: (c := b)", "a"),
        ("for a, b in c:\n    d = 1\nelse:\n    e = 2", "a b d e"),
        ("with a as b, c as (d, e): f = 1", "b d e f"),
        ("try:\n    a = 1\nexcept E as b:\n    c = 1", "a b c"),
        ("import a.b, c.d as e\nfrom f import g as h, i\nfrom j import *", "a e h i"),
        ("match a:\n  case [b, *c] if d: e = 1\n  case {1: f, **g}: pass\n  case X(y=h): pass",
         "b c e f g h"),
        ("a = [b for b in c if (d := b)]", "a d"),
        ("print(a := 1)", "a"),
        ("if a:\n    global b\n    b = 1", "b"),
        ("await a\nasync for b in c: pass\nasync with d as e: pass", "b e"),
        ("%time a = 1", "a"),
        ("%%time\na = 1", "a"),
        ("%timeit a = 1", ""),
        ("a = !ls", "a"),
        ("a = 1 +", ""),
        ("(" * 1000, ""),
    ],
)  # fmt: skip
def test_names_that_a_cell_binds(source: str, names: str) -> None:
    assert bound(source) == set(names.split())


def test_imports_of_one_thing_are_alike() -> None:
    code = "import numpy as np, os.path\nfrom a import b, c as d\nfrom . import e\nnp = 3"
    assert bindings(ast.parse(code).body[:-1]) == {
        "np": "numpy", "os": "os", "b": "a:b", "d": "a:c", "e": ".:e"
    }  # fmt: skip
    assert bindings(ast.parse(code).body)["np"] == ""


def test_a_mistake_of_form_may_have_bound_anything_in_it() -> None:
    assert may_bind("def mean(n)\n    return 1", "mean")
    assert not may_bind("def mean(n)\n    return 1", "me")
    assert may_bind("mean = 1", "mean")
    assert not may_bind("print(mean)", "mean")


def test_what_is_not_run_is_named_as_it_is_written() -> None:
    code = (
        "%matplotlib inline\n!pip install x\nx = !ls -l\nf?\n%time y = 1\n%timeit y\n%run a.py\n"
        "for i in x:\n    !echo {i}\n    %cd a\n!pip install x\n!" + "long " * 20
    )
    assert not_run(ast.parse(python_of(code))) == [
        "%matplotlib inline", "!pip install x", "!ls -l", "f?", "!echo {i}", "%cd a",
        "!long long long long long long…",
    ]  # fmt: skip
    assert not_run(ast.parse(python_of("%%bash\nls"))) == ["%%bash"]
    assert not_run(ast.parse(python_of("%%time\n!ls"))) == ["!ls"]


def test_statements_are_taken_out_and_no_line_moves() -> None:
    code = "import a; b = [1,\n  2]; c = 'é'; d = 4  # four\n@e\n@f\ndef g():\n    pass\nh = 1"
    body = ast.parse(code).body
    made = without(code, [body[1], body[3], body[4]])
    assert made == "import a; pass; c = 'é'; pass  # four\n\npass\n\n\n\nh = 1"
    assert ast.parse(made).body[-1].lineno == 7
    assert without(code, []) == code
