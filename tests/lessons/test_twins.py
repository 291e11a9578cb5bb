"""Parts that stand in two lessons on purpose: a plugin never imports another plugin.

Each says in its docstring, or in that of its module, in which other lesson it stands. Where the
two are one text, they are compared as that; where they differ on purpose, they are given the
same input.
"""

import ast
import copy
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from coursekit import CourseError
from coursekit_nmt.data import END, PAD, START, UNKNOWN

PLUGINS = Path(__file__).parents[2] / "plugins"


class Part(NamedTuple):
    """A function or class of a plugin, by its module and its name in it."""

    module: str
    name: str

    @property
    def plugin(self) -> str:
        return self.module.partition(".")[0]


def parts(name: str, *modules: str) -> tuple[Part, ...]:
    return tuple(Part(f"coursekit_{module}", name) for module in modules)


TEXT_FILES = (
    "Parts",
    "split_at",
    "shakespeare_parts",
    "own_parts",
    "looks",
    "lines_of",
    "stdlib_parts",
    "source",
    "decode_text",
    "load_parts",
)
TEXTS = ("Vocabulary", "opening", "beginning", "passage")

# One text, but for docstrings.
ONE_TEXT = [
    parts("Dropout", "nmt.layers", "captioning.layers", "textgen.layers", "transformer.layers"),
    parts("GRU", "nmt.layers", "captioning.layers"),
    parts("Decoder.embed", "nmt.model", "captioning.model"),
    parts("BahdanauAttention.keys", "nmt.model", "captioning.model"),
    parts("Found", "nmt.decode", "captioning.decode"),
    parts("lengths_of", "nmt.decode", "captioning.decode"),
    parts("learning_rate", "nmt.build", "captioning.build"),
    parts("Vocabulary.__len__", "nmt.data", "captioning.vocabulary"),
    parts("Vocabulary._ids", "nmt.data", "captioning.vocabulary"),
    (
        Part("coursekit_nmt", "NmtSettings.__post_init__"),
        Part("coursekit_captioning", "CaptioningSettings.__post_init__"),
    ),
    *(parts(name, "textgen.load", "transformer.load") for name in TEXT_FILES),
    *(parts(name, "textgen.data", "transformer.data") for name in TEXTS),
    parts("Strips", "textgen.evaluate", "transformer.evaluate"),
    parts("stream", "textgen.demo", "transformer.demo"),
    parts("character_loss", "textgen.train", "transformer.train"),
    (
        Part("coursekit_textgen.data", "TextgenData"),
        Part("coursekit_transformer.data", "TransformerData"),
    ),
    (
        Part("coursekit_textgen.decode", "compiled_write"),
        Part("coursekit_transformer.decode", "compiled"),
    ),
]
# Different texts that do the same: the tests below give them the same input.
ONE_BEHAVIOUR = [
    parts("BahdanauAttention", "nmt.model", "captioning.model"),
    parts("token_loss", "nmt.train", "captioning.train"),
    parts("log_probabilities", "nmt.decode", "captioning.decode"),
    parts("greedy_search", "nmt.decode", "captioning.decode"),
    parts("beam_search", "nmt.decode", "captioning.decode"),
    parts("Vocabulary", "nmt.data", "captioning.vocabulary"),
    (
        *parts("GRU", "nmt.layers", "captioning.layers"),
        Part("coursekit_textgen.model", "gru_step"),
    ),
    parts("normalize", "nmt.text", "captioning.text"),
    parts("decode_text", "nmt.load", "textgen.load"),
    parts("load_parts", "nmt.load", "textgen.load", "dcgan.load", "captioning.load"),
]


def title(twins: tuple[Part, ...]) -> str:
    return twins[0].name


@cache
def tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def module_of(part: Part) -> ast.Module:
    spec = find_spec(part.module)
    assert spec is not None
    assert spec.origin is not None
    return tree(spec.origin)


def definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield the functions and classes of a module by name, methods as ``Class.method``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield prefix + child.name, child
            if isinstance(child, ast.ClassDef):
                yield from definitions(child, f"{prefix}{child.name}.")


def text_of(node: Any) -> str:
    """Return what a definition says without its name and all docstrings."""
    node = copy.deepcopy(node)
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner):
            del inner.body[0]
    node.name = ""
    return ast.dump(node)


def documentation(part: Part) -> str:
    """Return the docstring of a part, of the class around it, and what its module says of it."""
    module = module_of(part)
    found = dict(definitions(module))
    whole = part.name.partition(".")[0]
    texts = [ast.get_docstring(found[name]) or "" for name in (part.name, whole)]  # type: ignore[arg-type]
    about = ast.get_docstring(module) or ""
    if any(f"`{name}`" in about for name in (part.name, whole)):
        texts.append(about)
    return " ".join(" ".join(texts).split())


@pytest.mark.parametrize("twins", ONE_TEXT + ONE_BEHAVIOUR, ids=title)
def test_each_says_where_its_twin_stands(twins: tuple[Part, ...]) -> None:
    for part in twins:
        said = re.findall(r"[Aa]s in ((?:(?: and )?coursekit_\w+)+)", documentation(part))
        named = {name for names in said for name in names.split(" and ")}
        assert named & {other.plugin for other in twins if other != part}, part
        assert part.plugin not in named, part


@pytest.mark.parametrize("twins", ONE_TEXT, ids=title)
def test_twins_are_one_text(twins: tuple[Part, ...]) -> None:
    texts = {text_of(dict(definitions(module_of(part)))[part.name]) for part in twins}
    assert len(texts) == 1, twins


def test_no_twins_are_forgotten() -> None:
    """What two plugins have in the same words is in the list above, or in a class that is."""
    places: dict[str, set[Part]] = defaultdict(set)
    for path in sorted(PLUGINS.glob("coursekit_*/**/*.py")):
        inside = path.relative_to(PLUGINS).with_suffix("").parts
        if "templates" not in inside:
            module = ".".join(part for part in inside if part != "__init__")
            for name, node in definitions(tree(str(path))):
                places[text_of(node)].add(Part(module, name))
    listed = {part for twins in ONE_TEXT for part in twins}
    for same in places.values():
        if len({part.plugin for part in same}) > 1:
            unlisted = same - listed
            assert {Part(p.module, p.name.partition(".")[0]) for p in unlisted} <= listed, unlisted


# Behaviour: the same input to both

NMT, CAPTIONING, TEXTGEN = "coursekit_nmt", "coursekit_captioning", "coursekit_textgen"


def normal(*shape: int) -> Any:
    """Return random numbers, always the same for a shape."""
    return np.random.default_rng(shape).normal(size=shape).astype(np.float32)


def same(one: Any, other: Any) -> None:
    np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-5, atol=1e-6)


@pytest.mark.tf
def test_attention() -> None:
    """Without padding and with one query."""
    query, values = normal(3, 5), normal(3, 4, 6)
    one = import_module(f"{NMT}.model").BahdanauAttention(7)
    other = import_module(f"{CAPTIONING}.model").BahdanauAttention(7)
    one(query, one.keys(values), values, np.ones((3, 4), bool))
    other(query[:, None], other.keys(values), values)
    for layer in ("query_projection", "key_projection", "score"):
        getattr(other, layer).kernel.assign(getattr(one, layer).kernel)
    context, weights = one(query, one.keys(values), values, np.ones((3, 4), bool))
    contexts, rows = other(query[:, None], other.keys(values), values)
    same(context, contexts[:, 0])
    same(weights, rows[:, 0])


@pytest.mark.tf
def test_gru() -> None:
    """The layers and the function of textgen; Keras's layer has a second bias, here zero."""
    import keras

    inputs, state = normal(2, 3), normal(2, 4)
    layers = [import_module(f"{name}.layers").GRU(4) for name in (NMT, CAPTIONING)]
    cell = keras.layers.GRUCell(4)
    cell.build((2, 3))
    cell.bias.assign(np.stack([normal(12), np.zeros(12)]))
    for layer in layers:
        layer(layer.project(inputs), state)
        layer.project.set_weights([cell.kernel, cell.bias[0]])
        layer.recurrent.set_weights([cell.recurrent_kernel])
    step = import_module(f"{TEXTGEN}.model").gru_step
    expected = step(inputs @ cell.kernel.numpy(), state, cell)
    for layer in layers:
        same(layer(layer.project(inputs), state), expected)


@pytest.mark.tf
def test_token_loss() -> None:
    import tensorflow as tf

    one, other = import_module(f"{NMT}.train"), import_module(f"{CAPTIONING}.train")
    logits, targets = normal(2, 5, 7), np.array([[4, 5, 6, 2, 0], [6, 2, 0, 0, 0]])
    whole = one.Choice(
        tf.gather(logits, targets, batch_dims=2),
        tf.reduce_mean(logits, -1),
        tf.reduce_logsumexp(logits, -1),
    )
    same(
        one.token_loss(whole, targets, 0.2),
        other.token_loss(logits[:, None], targets[:, None], 0.2),
    )


@pytest.mark.tf
def test_log_probabilities() -> None:
    """Only before the first word they differ: a caption is never empty."""
    one = import_module(f"{NMT}.decode").log_probabilities
    other = import_module(f"{CAPTIONING}.decode").log_probabilities
    logits = normal(3, 9)
    same(one(logits, False), other(logits, 1, 5))
    same(one(logits, True), other(logits, 4, 5))
    assert not np.allclose(one(logits, False), other(logits, 0, 5))


class Writer:
    """A network of made-up weights that both searches can ask for the next word.

    Its state depends on all the words before, so that a mixed-up beam shows. It never ends at
    once: in that alone the two searches differ.
    """

    words, units, looks = 9, 5, 6

    def __init__(self, memory: Any) -> None:
        self.memory = memory
        self.read, self.carry = normal(self.words, self.units), normal(self.units, self.units)
        self.choose, self.look = normal(self.units, self.words), normal(self.units, self.looks)

    def encode(self, source: Any) -> Any:
        return self.memory

    see = encode

    def next_word(self, ids: Any, state: Any, memory: Any) -> tuple[Any, Any, Any]:
        import tensorflow as tf

        state = tf.tanh(tf.gather(self.read, ids) + tf.tensordot(state, self.carry, 1))
        weights = tf.nn.softmax(tf.tensordot(state, self.look, 1))
        ends = 5.0 - 1e3 * tf.cast(ids == START, tf.float32)[..., tf.newaxis]
        logits = 3 * tf.tensordot(state, self.choose, 1) + ends * tf.one_hot(END, self.words)
        return logits, state, weights


@pytest.mark.tf
@pytest.mark.parametrize("beam", [0, 1, 3])
def test_searches(beam: int) -> None:
    """Greedy (0) and with a beam: the same words, weights and scores."""
    import tensorflow as tf

    one, other = import_module(f"{NMT}.decode"), import_module(f"{CAPTIONING}.decode")
    rows, looks = 16, Writer.looks
    state, nothing = tf.constant(normal(rows, Writer.units)), tf.zeros((rows, looks, 1))
    memory = import_module(f"{NMT}.model").Memory
    writer = Writer(memory(nothing, nothing, tf.ones((rows, looks), bool), state))
    twin = copy.copy(writer)
    memory = import_module(f"{CAPTIONING}.model").Memory
    twin.memory = memory(nothing, nothing, state[:, tf.newaxis])
    source = tf.ones((rows, looks), tf.int32)
    limit = looks + one.EXTRA_WORDS
    name, width = ("beam_search", (beam,)) if beam else ("greedy_search", ())
    found = getattr(one, name)(writer, source, *width)
    again = getattr(other, name)(twin, source, limit, *width)
    lengths = one.lengths_of(found.ids).numpy()
    assert lengths.min() > 1
    assert len(set(lengths)) > 2
    for mine, theirs in zip(found, again, strict=True):
        same(mine, theirs)


def test_vocabulary() -> None:
    sentences = ["c b a", "b c a d a"]  # b and c are as frequent
    one = import_module(f"{NMT}.data").Vocabulary.of(sentences, 7)
    other = import_module(f"{CAPTIONING}.vocabulary").Vocabulary.of(sentences, 7)
    assert one.words == other.words == ("<pad>", "<start>", "<end>", "<unk>", "a", "b", "c")
    assert one.encode("b a d") == other.encode("b a d") == [5, 4, UNKNOWN]
    ids = [START, 5, 4, UNKNOWN, END, 4, PAD]
    assert one.decode(ids).split() == other.decode(ids) == ["b", "a", "<unk>"]


def test_normal_form() -> None:
    """Words alone, in capitals, with clitics: punctuation and accents the two treat differently."""
    text = "The Dog\u2019s  room 12 isn't EMPTY"
    one, other = (import_module(f"{name}.text").normalize for name in (NMT, CAPTIONING))
    assert one(text) == other(text) == "the dog's room 12 isn't empty"


@pytest.mark.parametrize("raw", [b"a\nb\xff", b"a\nb\0c", b"\xef\xbb\xbfa\nb\n"])
def test_text_of_a_file(raw: bytes) -> None:
    """The same text, or the same complaint about the same line."""
    answers = []
    for name in (NMT, TEXTGEN):
        try:
            answers.append(import_module(f"{name}.load").decode_text(raw, "book.txt"))
        except CourseError as error:
            answers.append(error.what)
    assert answers[0] == answers[1]
    assert answers[0].startswith("book.txt, line 2: ") or answers[0] == "a\nb\n"
