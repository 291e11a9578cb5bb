"""What only the suite finds: lessons that run, and do not do what they promise."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coursekit import Dataset, Metric, Options, RemoteFile, Settings, setting
from coursekit.testing import NonconformityError, NotApplicable, Trial, conformance, trials
from tests.conformance.test_mistakes import first_fault, install, with_batches

pytestmark = pytest.mark.tf


def test_the_outside_lesson_passes_all_groups(dots: Any) -> None:
    found = conformance(dots)
    assert [fault for each in found for fault in each.faults] == []
    assert {each.case.title for each in found if each.skipped} == {
        "a step compiled with XLA is the same, too",
        "the loss starts near what chance predicts",
        "a model restored from a run's files shows the same",
        "notebooks can be built from the templates",
        "there are exercises",
    }
    assert sum(each.verdict == "right" for each in found) >= 28
    assert all(each.seconds >= 0 for each in found)


# Data and batches


def draws_from_the_common_generator(original: Any, *given: Any) -> Any:
    import numpy as np

    data = original(*given)
    data.fingerprint = str(np.random.random())
    return data


def test_data_that_is_another_each_time(dots: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    install(dots, monkeypatch, "data", draws_from_the_common_generator)
    told = first_fault(dots, "data")
    assert "expected: the same whenever the same data is read" in told


def test_examples_in_two_splits(dots: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def leak(original: Any, *given: Any) -> Any:
        data = original(*given)
        data.test = data.train
        return data

    install(dots, monkeypatch, "data", leak)
    told = first_fault(dots, "data")
    assert "100% of the examples are both in the train and in the test split" in told

    def same(original: Any, *given: Any) -> Any:
        data = original(*given)
        data.validation = data.test = data.train
        return data

    monkeypatch.undo()
    install(dots, monkeypatch, "data", same)
    (found,) = [each for each in conformance(dots, ["data"]) if each.faults]
    assert [re.findall(r"in the (\w+) and in the (\w+)", fault)[0] for fault in found.faults] == [
        ("train", "validation"),
        ("train", "test"),
    ]

    def half(original: Any, *given: Any) -> Any:
        import tensorflow as tf

        data = original(*given)
        train, other = data.train, data.validation

        def batches(epoch: int) -> Any:
            seen = train.batches(0).take(2)
            new = other.batches(0).take(2)
            return tf.data.Dataset.concatenate(seen, new)

        data.validation = SimpleNamespace(batches=batches)
        return data

    monkeypatch.undo()
    install(dots, monkeypatch, "data", half)
    assert "50% of the examples are both in the train and in the validation" in first_fault(
        dots, "data"
    )


def of_unknown_number(batches: Any) -> Any:
    return batches.filter(lambda dots, sides: True)


def shuffled(batches: Any) -> Any:
    import numpy as np

    return batches.shuffle(8, seed=int(np.random.randint(1_000_000)))


def of_many_shapes(batches: Any) -> Any:
    import tensorflow as tf

    rows = tf.data.Dataset.range(1, 9)
    pairs = tf.data.Dataset.zip((rows, batches))
    cut = pairs.map(lambda n, batch: (batch[0][:n], batch[1][:n]))
    return cut.apply(tf.data.experimental.assert_cardinality(8))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (of_unknown_number, "does not know how many batches it has"),
        (shuffled, r"batch \d of train.batches\(1\) was different when it was read a second"),
        (of_many_shapes, "have 8 different shapes"),
    ],
)
def test_batches(
    dots: Any, monkeypatch: pytest.MonkeyPatch, make: Callable[[Any], Any], says: str
) -> None:
    install(dots, monkeypatch, "data", with_batches(make))
    assert re.search(says, first_fault(dots, "batches"))


# The step, learning, determinism


def takes_another_way_as_a_graph(original: Any, model: Any, batch: Any) -> Any:
    import tensorflow as tf

    losses = original(model, batch)
    return losses if tf.executing_eagerly() else {"loss": 1.1 * losses["loss"]}


def moves_further_as_a_graph(original: Any, model: Any, batch: Any) -> Any:
    import tensorflow as tf

    losses = original(model, batch)
    if not tf.executing_eagerly():
        model.trainable_variables[-1].assign_add([0.05])
    return losses


def changes_nothing(original: Any, model: Any, batch: Any) -> Any:
    before = [variable + 0.0 for variable in model.trainable_variables]
    losses = original(model, batch)
    for variable, value in zip(model.trainable_variables, before, strict=True):
        variable.assign(value)
    return losses


def keeps_a_number_in_python(original: Any, model: Any, batch: Any) -> Any:
    import tensorflow as tf

    model.steps = getattr(model, "steps", 0) + 1
    losses = original(model, batch)
    model.trainable_variables[0].assign_add(tf.fill((2, 8), 0.001 * model.steps))
    return losses


def adds_noise(original: Any, model: Any, batch: Any) -> Any:
    import numpy as np

    losses = original(model, batch)
    model.trainable_variables[0].assign_add(1e-3 * np.random.normal(size=(2, 8)))
    return losses


@pytest.mark.parametrize(
    ("mistake", "group", "says"),
    [
        (takes_another_way_as_a_graph, "step", "loss of step 1 is .* as a graph and .* eagerly"),
        (moves_further_as_a_graph, "step", r"as a graph .*expected: the same within rounding"),
        (changes_nothing, "learning", r"200 steps on 4 examples took loss from (\S+) to \1 .*50%"),
        (keeps_a_number_in_python, "training", "differs after an epoch that was resumed"),
        (adds_noise, "training", "differs after an epoch that was resumed"),
    ],
)
def test_steps(
    dots: Any, monkeypatch: pytest.MonkeyPatch, mistake: Any, group: str, says: str
) -> None:
    install(dots, monkeypatch, "train_step", mistake)
    assert re.search(says, first_fault(dots, group))


def test_weights_without_a_seed(dots: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unseeded(original: Any, *given: Any) -> Any:
        import numpy as np

        model = original(*given)
        model.trainable_variables[0].assign(np.random.default_rng().normal(size=(2, 8)))
        return model

    install(dots, monkeypatch, "model", unseeded)
    assert "expected: the same first weights for the same seed" in first_fault(dots, "training")


@pytest.mark.parametrize(
    ("losses", "says"),
    [
        ({"loss": 3.0}, r"the first loss is 0\.\d+ .*expected: about 3.000"),
        ({"cost": 0.7}, "`initial_losses` names 'cost' .*expected: one of what .* returns: loss"),
    ],
)
def test_chance(
    dots: Any, monkeypatch: pytest.MonkeyPatch, losses: dict[str, float], says: str
) -> None:
    install(dots, monkeypatch, "initial_losses", lambda original, data: losses)
    assert re.search(says, first_fault(dots, "learning"))


# Evaluation and the demo


def test_an_evaluation_that_changes_the_model(dots: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def trains_on(original: Any, model: Any, data: Any, split: Any) -> Any:
        dots.train_step(model, next(iter(data.train.batches(0))))
        return {"accuracy": 0.5}

    install(dots, monkeypatch, "evaluate", trains_on)
    assert "`evaluate` changes the variable" in first_fault(dots, "metrics")


def test_an_evaluation_that_draws(dots: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    values = iter([0.1, 0.2, 0.3])
    install(dots, monkeypatch, "evaluate", lambda original, *given: {"accuracy": next(values)})
    assert "accuracy is 0.1 and then 0.3" in first_fault(dots, "metrics")


def test_a_demo_that_prints(dots: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def prints(original: Any, *given: Any) -> Any:
        print("[right]")
        return original(*given)

    install(dots, monkeypatch, "demo", prints)
    assert "`demo` of dots printed '[right]'" in first_fault(dots, "demo")


def test_an_example_that_cannot_be_typed(dots: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dots, "demo_example", "--louder")
    told = first_fault(dots, "demo")
    assert "demo_example '--louder' cannot be typed: No such option: --louder" in told


def test_restored_data_that_shows_something_else(
    dots: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coursekit import Data

    def says(original: Any, model: Any, data: Any, request: Any, options: Any) -> Any:
        return "I know " + " and ".join(data.notes)

    install(dots, monkeypatch, "demo", says)
    install(dots, monkeypatch, "restore", lambda original, *given: Data())
    told = first_fault(dots, "demo")
    assert "shows something else: 'I know ' instead of 'I know 256 dots'" in told


# What a lesson says of itself


@dataclass(frozen=True, kw_only=True)
class Undeclared(Settings):
    units: int = 8
    rate: float = setting(0.1, "of learning")
    word: str = setting("a", "any")


@dataclass(frozen=True, kw_only=True)
class Taken(Options):
    run: bool = setting(False, "taken")


LONG = RemoteFile("http://x/y", 0, "crc:1")


@pytest.mark.parametrize(
    ("member", "value", "group", "says"),
    [
        ("question", "Tell left from right.", "contract", "end it with a question mark"),
        ("title", "", "contract", "title is '' .*expected: one line"),
        ("presets", {"quick": Settings()}, "contract", "presets has no 'full'"),
        ("presets", {"quick": Undeclared(), "full": Undeclared()}, "settings", "units .*no help"),
        ("demo_options", Taken, "settings", "an option of the demo is called 'run'"),
        ("demo_options", dict, "contract", "a class derived from Options"),
        ("metrics", (Metric("a", "b", style="x"),), "contract", "the style 'x'"),
        ("metrics", (Metric("a", "b"), Metric("a", "c")), "contract", "two metrics are called 'a'"),
        ("metrics", (Metric("a", "b", low=1, high=0),), "contract", "expected: low below high"),
        ("metrics", (Metric("a", "b", optional=True),), "contract", "the headline 'a' is optional"),
        ("datasets", (Dataset("a", "b", ""),), "contract", "no title or no licence"),
        ("datasets", (Dataset("a", "b", "c", (LONG,)),), "contract", "no data set is built in"),
        ("datasets", (Dataset("a", "b", "c", (LONG,)),), "data", "no built-in data set"),
        ("datasets", (Dataset("a", "b", "c", overrides={"quick": {"unit": 1}}),), "contract",
         "overrides quick with what does not fit: there is no setting named 'unit'"),
        ("datasets", (Dataset("a", "b", "c"),) * 2, "contract", "two data sets are called 'a'"),
        ("demo", lambda model: "", "contract", "`demo` cannot be called with 4 arguments"),
    ],
)  # fmt: skip
def test_declarations(
    dots: Any, monkeypatch: pytest.MonkeyPatch, member: str, value: Any, group: str, says: str
) -> None:
    monkeypatch.setattr(dots, member, value)
    assert re.search(says, first_fault(dots, group))


def test_a_setting_without_a_range(dots: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dots, "presets", {"quick": Undeclared()})
    faults = [fault for found in conformance(dots, ["settings"]) for fault in found.faults]
    assert [re.findall(r"Undeclared\.\w+|no \w+", fault)[:2] for fault in faults] == [
        ["Undeclared.units", "no help"],
        ["Undeclared.rate", "no range"],
    ]


def test_an_error_of_the_lesson_is_a_sentence_with_its_line(
    dots: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(dots, monkeypatch, "model", lambda original, *given: original(*given, 1))
    told = first_fault(dots, "step")
    assert re.match(r"`model` of dots raised TypeError: .*takes 3 .* \(.*:\d+\); expected: ", told)
    later = [found for found in conformance(dots, ["step"]) if found.skipped]
    assert len(later) == 3
    assert later[0].skipped == "it needs the model without dropout, which failed above"


# As tests


def test_a_trial_fails_in_the_words_of_the_suite(
    dots: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(dots), "question", "No question.")
    found = {str(trial): trial for trial in trials("dots", ["contract", "exercises"])}
    with pytest.raises(NonconformityError, match="end it with a question mark"):
        found["dots-contract-it-says-what-people-need-to-know"].run()
    with pytest.raises(NotApplicable, match="has no templates in"):
        found["dots-exercises-there-are-exercises"].run()
    assert all(isinstance(trial, Trial) for trial in found.values())


def test_the_files_of_a_subject_go_with_it(dots: Any) -> None:
    from coursekit.conformance.trial import subject_of

    folder = subject_of(dots).folder
    assert folder.is_dir()
    subject_of(type(dots)())
    assert not Path(folder).exists()
