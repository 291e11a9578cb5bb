"""A whole plugin on a page: which side of a line is a dot on?"""

from dataclasses import dataclass

from coursekit import (
    Data,
    Dataset,
    Expected,
    Lesson,
    Metric,
    Options,
    Settings,
    fingerprint,
    hookimpl,
    setting,
)


@dataclass(frozen=True, kw_only=True)
class DotsSettings(Settings):
    epochs: int = setting(4, "passes over the training split", low=1)
    batch_size: int = setting(16, "dots in one train step", low=1, high=64)
    units: int = setting(8, "width of the hidden layer", low=1, high=256)
    learning_rate: float = setting(0.01, "of Adam", low=0.0, high=1e38)
    slow: float = setting(0.0, "seconds to wait at each epoch's start", low=0.0)


@dataclass(frozen=True, kw_only=True)
class DotsOptions(Options):
    loud: bool = setting(False, "answer in capitals")
    times: int = setting(1, "how often to answer", low=1, high=3)


class Dots:
    def __init__(self, settings, seed, size):
        self.settings, self.seed, self.size = settings, seed, size

    def batches(self, epoch):
        import time

        import numpy as np
        import tensorflow as tf

        time.sleep(self.settings.slow if self.seed == 0 else 0)
        dots = np.random.default_rng([self.settings.seed, self.seed]).normal(size=(self.size, 2))
        sides = (dots.sum(1) > 0).astype("float32")
        order = np.random.default_rng([self.settings.seed, epoch]).permutation(self.size)
        pairs = tf.data.Dataset.from_tensor_slices((dots[order].astype("float32"), sides[order]))
        return pairs.batch(self.settings.batch_size, drop_remainder=True)


class DotsLesson(Lesson):
    name = "dots"
    title = "Which side of a line is a dot on?"
    question = "Can a machine tell left from right?"
    presets = {"quick": DotsSettings(), "full": DotsSettings(epochs=8)}
    datasets = (
        Dataset(
            "plane",
            "dots on a plane",
            "public domain",
            overrides={"full": {"units": 16}},
            expected={"quick": Expected(0.1, "accuracy 0.9")},
        ),
    )
    own_data = "a text file whose length seeds the dots"
    metrics = (
        Metric("accuracy", "the share of dots on the right side", style=".1%", low=0, high=1),
    )
    demo_request = "two numbers"
    demo_example = '"1 2"'
    demo_options = DotsOptions

    def data(self, dataset, settings):
        splits = (Dots(settings, seed, size) for seed, size in enumerate((128, 64, 64)))
        content = dataset.path.read_bytes() if dataset.path else b""
        return Data(fingerprint([str(settings.seed), content]), *splits, ("256 dots",))

    def model(self, data, settings):
        from coursekit_dots.model import make

        return make(settings)

    def train_step(self, model, batch):
        from coursekit_dots.model import train_step

        return train_step(model, batch)

    def evaluate(self, model, data, split):
        dots, sides = next(iter(getattr(data, split).batches(0).unbatch().batch(64)))
        right = (model(dots, training=False).numpy() > 0) == (sides.numpy() > 0.5)
        return {"accuracy": float(right.mean())}

    def demo(self, model, data, request, options):
        import numpy as np
        from matplotlib.figure import Figure

        dot = np.array([[float(part) for part in (request or "1 2").split()]], "float32")
        side = "right" if float(model(dot, training=False).numpy()[0]) > 0 else "left"
        figure = Figure(figsize=(2, 2))
        figure.subplots().scatter(*dot[0])
        words = f"[{side}]".upper() if options.loud else f"[{side}]"
        return [*[words] * options.times, iter(["on ", "the ", side]), figure]


@hookimpl
def coursekit_lessons():
    return [DotsLesson()]
