"""The drawings of the notebooks: each shows what the code after it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coursekit.drawing import SMALL, Box, Drawing, Point, Tint, shape_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Features = npt.NDArray[np.float32]


def two_networks(latent: int, image: Sequence[int]) -> Drawing:
    """Draw the two networks and the paths of both gradients.

    Args:
        latent: The size of a latent vector.
        image: The shape of an image, ``(height, width, channels)``.
    """
    page = Drawing(8.9, 3.6, "Two networks, two losses, two gradients")
    noise = page.tensor(0.85, 1.1, "random", (latent,), width=1.1, tint="input")
    generator = page.box(2.5, 1.1, "generator", 1.2, 0.6, tint="weights")
    drawn = page.tensor(4.2, 1.1, "drawn", image, width=1.2, tint="state")
    real = page.tensor(4.2, 2.5, "real", image, width=1.2, tint="input")
    judge = page.box(6.0, 1.8, "discriminator", 1.35, 0.6, tint="weights")
    loss_g = page.box(8.0, 1.1, "$L_G$: drawn\nshould look real", 1.4, 0.6, tint="loss", size=SMALL)
    loss_d = page.box(8.0, 2.5, "$L_D$: tell drawn\nfrom real", 1.4, 0.6, tint="loss", size=SMALL)
    for one, other in ((noise, generator), (generator, drawn)):
        page.arrow(one, other)
    page.arrow(drawn.right, judge.left.moved(0, -0.12))
    page.arrow(real.right, judge.left.moved(0, 0.12))
    page.arrow(judge.right.moved(0, -0.12), loss_g.left)
    page.arrow(judge.right.moved(0, 0.12), loss_d.left)
    page.line(loss_g.top, Point(8.0, 0.55), Point(6.3, 0.55), tint="loss", dashed=True)
    page.arrow(Point(6.3, 0.55), Point(6.3, 1.5), tint="loss", dashed=True)
    page.line(Point(5.7, 1.5), Point(5.7, 0.55), Point(2.5, 0.55), tint="loss", dashed=True)
    page.arrow(Point(2.5, 0.55), generator.top, tint="loss", dashed=True)
    told = "gradient of $L_G$, through the discriminator"
    page.text(4.1, 0.68, told, size=SMALL, tint="loss")
    page.line(loss_d.bottom, Point(8.0, 3.2), Point(6.0, 3.2), tint="loss", dashed=True)
    page.arrow(Point(6.0, 3.2), judge.bottom, tint="loss", dashed=True)
    page.text(7.0, 3.36, "gradient of $L_D$: ends here", size=SMALL, tint="loss")
    return page


def growing(shapes: Sequence[Sequence[int]]) -> Drawing:
    """Draw how a vector grows to an image, layer by layer.

    Args:
        shapes: Of the vector ``(size,)``, then of each map ``(height, width, channels)``.
    """
    page = Drawing(0.45 + 1.85 * len(shapes), 2.9, "From a vector to an image")
    largest = max(shape[0] for shape in shapes[1:])
    maps: list[Box] = []
    for number, shape in enumerate(shapes):
        x = 0.7 + 1.85 * number
        side = 1.5 * shape[0] / largest if number else 0.0
        width, height = (side, side) if number else (0.22, 1.5)
        tint: Tint = "state" if number else "input"
        deep = min(4, shape[-1]) if number else 1
        for layer in range(deep - 1, -1, -1):
            off = 0.05 * layer
            box = page.box(x + off, 1.35 - off, "", width, height, tint=tint, shape="square")
        maps.append(box)
        page.text(x, 2.45, shape_text(shape), size=SMALL)
    steps = ["dense, reshape"]
    steps += [
        "stride 1:\nsame size" if b[0] == a[0] else "stride 2" for a, b in pairwise(shapes[1:])
    ]
    for step, (one, other) in zip(steps, pairwise(maps), strict=True):
        page.arrow(Point(one.right.x + 0.2, 1.35), Point(other.left.x - 0.05, 1.35), tint="weights")
        middle = (one.right.x + other.left.x) / 2 + 0.08
        page.text(middle, 2.2, step, size=SMALL, tint="weights")
    return page


def stamped(small: npt.ArrayLike, kernel: npt.ArrayLike, stride: int) -> npt.NDArray[np.float64]:
    """Return a transposed convolution of a small map, with nothing cut off.

    Args:
        small: ``(height, width)``.
        kernel: ``(size, size)``.
        stride: How far apart the copies of the kernel lie.
    """
    numbers, stamp = np.asarray(small, dtype=float), np.asarray(kernel, dtype=float)
    rows, columns = (stride * (length - 1) + len(stamp) for length in numbers.shape)
    large = np.zeros((rows, columns))
    for (row, column), number in np.ndenumerate(numbers):
        y, x = stride * row, stride * column
        large[y : y + len(stamp), x : x + len(stamp)] += number * stamp
    return large


def convolved(image: npt.ArrayLike, kernel: npt.ArrayLike, stride: int) -> npt.NDArray[np.float64]:
    """Return the convolution of an image, without padding, as networks compute it.

    Args:
        image: ``(height, width)``.
        kernel: ``(size, size)``.
        stride: From one place of the kernel to the next.
    """
    numbers, window = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
    patches = np.lib.stride_tricks.sliding_window_view(numbers, window.shape)
    found: npt.NDArray[np.float64] = (patches * window).sum((2, 3))[::stride, ::stride]
    return found


def convolution(image: npt.ArrayLike, kernel: npt.ArrayLike) -> Drawing:
    """Draw a convolution with stride 1: an image, a kernel, and the sums at each place.

    Args:
        image: ``(height, width)``.
        kernel: ``(size, size)``.
    """
    cell = 0.4
    numbers, window = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
    result = convolved(image, kernel, 1)
    page = Drawing(8.0, 1.3 + cell * len(numbers), "A convolution with stride 1")
    middle = 0.6 + cell * len(numbers) / 2
    side = cell * len(window)

    def table(left: float, values: npt.NDArray[np.float64], tint: Tint, name: str) -> Box:
        top = middle - cell * len(values) / 2
        words = [[f"{value:g}" for value in row] for row in values]
        shades = 0.5 * np.clip(values, 0, None) / max(float(values.max()), 1e-9)
        box = page.grid(left, top, shades, words, cell, tint=tint)
        page.text(box.center.x, page.height - 0.3, name, size=SMALL)
        return box

    one = table(0.4, numbers, "input", f"image {numbers.shape}")
    two = table(one.right.x + 1.0, window, "weights", f"kernel {window.shape}")
    three = table(two.right.x + 2.6, result, "state", f"sums {result.shape}")
    page.text((one.right.x + two.left.x) / 2, middle, "∗", size=14)
    for box, length in ((one, side), (three, cell)):
        left, top = box.left.x, box.top.y
        right, low = left + length, top + length
        edges = ((left, top), (right, top), (right, low), (left, low), (left, top))
        page.line(*(Point(*edge) for edge in edges), tint="loss", width=2.5)
    pairs = zip(numbers[: len(window), : len(window)].flat, window.flat, strict=True)
    total = " + ".join(f"{a:g}·{b:g}" if b >= 0 else f"{a:g}·({b:g})" for a, b in pairs)
    page.text((two.right.x + three.left.x) / 2, middle - 0.75, total, size=SMALL, tint="loss")
    page.arrow(two.right.moved(0.2), three.left.moved(-0.2))
    return page


def stamps(small: npt.ArrayLike, kernel: npt.ArrayLike, stride: int) -> Drawing:
    """Draw a transposed convolution as scaled copies of the kernel that are added.

    Args:
        small: ``(2, 2)``.
        kernel: ``(size, size)``.
        stride: How far apart the copies of the kernel lie.
    """
    cell = 0.36
    numbers, stamp = np.asarray(small, dtype=float), np.asarray(kernel, dtype=float)
    large = stamped(numbers, stamp, stride)
    page = Drawing(8.9, 1.55 + cell * len(large), f"A transposed convolution with stride {stride}")
    middle = 0.85 + cell * len(large) / 2

    def table(left: float, values: npt.NDArray[np.float64], tint: Tint, name: str) -> Box:
        top = middle - cell * len(values) / 2
        words = [[f"{value:g}" for value in row] for row in values]
        most = max(float(values.max()), 1e-9)
        box = page.grid(left, top, 0.65 * values / most, words, cell, tint=tint)
        page.text(box.center.x, page.height - 0.25, name, size=SMALL)
        return box

    one = table(0.4, numbers, "input", f"small map {numbers.shape}")
    two = table(one.right.x + 0.8, stamp, "weights", f"kernel {stamp.shape}")
    page.text((one.right.x + two.left.x) / 2, middle, "∗", size=14)
    left = two.right.x + 0.75
    gap, copies = 0.2, Point(left, middle - cell * len(stamp) - 0.1)
    for (row, column), number in np.ndenumerate(numbers):
        top = copies.y + row * (cell * len(stamp) + gap)
        x = copies.x + column * (cell * len(stamp) + gap)
        words = [[f"{number * value:g}" for value in line] for line in stamp]
        page.grid(x, top, 0.65 * number * stamp / large.max(), words, cell, tint="weights")
    right = copies.x + 2 * cell * len(stamp) + gap
    page.text(
        (copies.x + right) / 2, page.height - 0.25, "a scaled copy for each number", size=SMALL
    )
    page.arrow(Point(two.right.x + 0.15, middle), Point(copies.x - 0.1, middle))
    page.arrow(Point(right + 0.1, middle), Point(right + 0.6, middle))
    table(right + 0.7, large, "state", f"overlapped, added {large.shape}")
    return page


def shell(size: int) -> Drawing:
    """Draw where latent vectors lie, and two paths from one to another.

    Args:
        size: Of a latent vector of normal numbers; its typical length is the root of it.
    """
    page = Drawing(8.0, 3.6, f"Vectors of {size} normal numbers nearly all have the same length")
    center, radius, length = Point(1.9, 1.95), 1.3, size**0.5
    for inch, tint in ((radius + 0.1, "input"), (radius - 0.1, "plain")):
        page.box(*center, "", 2 * inch, 2 * inch, shape="circle", tint=tint)

    def at(degrees: float) -> Point:
        angle = np.radians(degrees)
        return center.moved(radius * float(np.cos(angle)), -radius * float(np.sin(angle)))

    start, end = at(160), at(70)
    page.line(
        *(at(float(degrees)) for degrees in np.linspace(160, 70, 30)), tint="state", width=2.5
    )
    page.line(start, end, tint="loss", width=2)
    half = Point((start.x + end.x) / 2, (start.y + end.y) / 2)
    for place, name, right, down in ((start, "a", -0.24, 0.0), (end, "b", 0.12, -0.24)):
        page.box(*place, "", 0.12, 0.12, shape="circle", shade=1)
        page.text(place.x + right, place.y + down, name)
    page.box(*half, "", 0.1, 0.1, shape="circle", tint="loss", shade=1)
    shorter = float(np.linalg.norm(np.subtract(half, center))) / radius
    page.box(*center, "", 0.06, 0.06, shape="circle", shade=1)
    page.text(center.x, center.y + 0.17, "0", size=SMALL)
    typical, half_way = f"{length:.1f}", f"{shorter * length:.1f}"
    near = f"blue: nearly all vectors have a length near {typical},\nthe square root of {size}"
    arc = f"green: the arc stays on the shell, with a length near {typical}"
    chord = f"red: halfway along the chord the length is {half_way},\nwhere no training vector was"
    told: tuple[tuple[float, str, Tint], ...]
    told = ((1.0, near, "input"), (1.75, arc, "state"), (2.4, chord, "loss"))
    for y, words, colour in told:
        page.text(3.75, y, words, size=SMALL, align="left", tint=colour)
    return page


def plane(features: Features) -> tuple[Features, Features]:
    """Return the plane in which some features vary most (principal component analysis).

    Args:
        features: ``(images, features)``.

    Returns:
        The mean ``(features,)``, and two orthonormal directions ``(features, 2)``.
    """
    middle = features.mean(axis=0)
    directions = np.linalg.svd(features - middle, full_matrices=False)[2]
    return middle, directions[:2].T


def clouds(real: Features, classes: npt.NDArray[np.int_], drawn: Mapping[str, Features]) -> Figure:
    """Draw images as points: each variant's on the same grey cloud of real ones.

    The points are the images' features, projected onto the plane in which the real images differ
    most. A digit stands in the middle of each class.

    Args:
        real: The features of real images, ``(images, features)``.
        classes: Their classes, ``(images,)``.
        drawn: The features of drawn images by the name of the variant.
    """
    from matplotlib.figure import Figure

    middle, directions = plane(real)
    cloud = (real - middle) @ directions
    figure = Figure(figsize=(3.6 * len(drawn), 3.9), layout="constrained")
    places = figure.subplots(1, len(drawn), squeeze=False, sharex=True, sharey=True)[0]
    for axes, (name, features) in zip(places, drawn.items(), strict=True):
        axes.scatter(*cloud.T, s=12, color="0.8", label="real")
        points = (features - middle) @ directions
        axes.scatter(*points.T, s=5, color="tab:blue", alpha=0.5, label="drawn")
        for digit in np.unique(classes):
            x, y = np.median(cloud[classes == digit], axis=0)
            axes.text(x, y, str(digit), fontsize=12, weight="bold", ha="center", va="center")
        axes.set_title(name, fontsize=10)
        axes.set(xticks=[], yticks=[])
    places[0].legend(fontsize=9, markerscale=2)
    return figure
