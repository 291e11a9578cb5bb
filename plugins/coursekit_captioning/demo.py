"""Describe a picture, and show where the network looked at each word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from coursekit import CourseError
from coursekit.store import (
    Pixels,
    aspect_of,
    is_web_address,
    local_path,
    reading,
    rgb_picture,
)
from coursekit_captioning.data import SCENE_SIZE, CaptioningData, CaptionSplit, DrawnScenes
from coursekit_captioning.decode import Written, write_captions
from coursekit_captioning.encoders import PRETRAINED, Pretrained, network, weights_of
from coursekit_captioning.examples import Example
from coursekit_captioning.model import Captioner
from coursekit_captioning.overlay import attention_figure, attention_text
from coursekit_captioning.pictures import Source
from coursekit_captioning.scenes import draw, is_true
from coursekit_captioning.web import download

if TYPE_CHECKING:
    from coursekit import Showable
    from coursekit_captioning import CaptioningDemoOptions

SHOWN = 224  # pixels of a side of what is drawn into the figure
LONGEST = 20  # words of a demo's caption: more would not fit under the pictures
ONLY_SHAPES = """\
This model has only ever seen drawn shapes: it takes anything for circles, squares and stars.
One that knows people and dogs: coursekit run captioning --data flickr8k (1.1 GB), or
--data DIR, a folder of your own photographs with captions.csv."""


class Subject(NamedTuple):
    """A picture to describe.

    Attributes:
        name: What the user calls it.
        pixels: What people look at, ``(height, width, 3)``.
        seen: What the encoder takes, a batch of one.
        example: What is known of it; None for a picture of the user's own.
        aspect: Its height by its width, before it was squeezed to a square.
    """

    name: str
    pixels: Pixels
    seen: npt.NDArray[Any]
    example: Example | None
    aspect: float = 1.0


def demo(
    model: Captioner, data: CaptioningData, request: str | None, options: CaptioningDemoOptions
) -> list[Showable]:
    """Describe one picture.

    Args:
        model: A trained model.
        data: For its vocabulary and the held-out pictures.
        request: A file or a web address; None: the held-out picture `options.index`.
        options: See `CaptioningDemoOptions`.

    Returns:
        The caption as text, the picture with the attention for the terminal, and as a figure.

    Raises:
        CourseError: There is no such picture, or it cannot be read.
    """
    subject = held_out(data, options.index) if request is None else own(data, request)
    (written,) = write_captions(
        model, data.vocabulary, lambda places: subject.seen, 1, LONGEST, options.beam
    )
    text = answer(subject, written)
    if request is not None and data.shows_scenes:
        text = f"{ONLY_SHAPES}\n\n{text}"
    overlay = subject.pixels, written.words, written.attention
    boxes = subject.example.boxes(written.words) if subject.example else ()
    return [
        text,
        attention_text(*overlay, data.offset),
        attention_figure(*overlay, subject.aspect, data.offset, boxes),
    ]


def answer(subject: Subject, written: Written) -> str:
    """Return the caption, and what is known about the picture."""
    lines = [f"{subject.name}: {' '.join(written.words)}"]
    if subject.example is not None:
        if subject.example.scene is not None:
            is_right = is_true(subject.example.scene, written.words)
            lines[0] += " (true)" if is_right else " (not true)"
        whose = "people said" if subject.example.scene is None else "reference"
        lines += [f"  {whose}: {caption}" for caption in subject.example.captions[:2]]
    return "\n".join(lines)


def held_out(data: CaptioningData, index: int) -> Subject:
    """Return one of the held-out pictures.

    Raises:
        CourseError: There are not so many, or it is no longer where it was.
    """
    if index >= len(data.held_out):
        raise CourseError(
            f"there is no held-out picture {index}",
            f"--index from 0 to {len(data.held_out) - 1}",
        )
    example = data.held_out[index]
    if example.scene is not None:
        scene = DrawnScenes([example]).rows(np.array([0]))
        return Subject(example.name, draw(example.scene, SHOWN), scene, example)
    assert example.source is not None  # a photograph
    with reading(example.source.path):
        content = example.source.read()
    pixels = rgb_picture(content, SHOWN, example.source.name)
    if isinstance(data.test, CaptionSplit):
        seen = data.test.rows([index])
    else:
        seen = features(data.encoder, content)
    return Subject(example.name, pixels, seen, example, aspect_of(content))


def own(data: CaptioningData, request: str) -> Subject:
    """Return a picture of the user's own, a file or from the web."""
    if is_web_address(request):
        name, content = request.rsplit("/", 1)[-1] or request, download(request)
    else:
        path = local_path(request, "the picture")
        name, content = path.name, Source(path).read()
    pixels = rgb_picture(content, SHOWN, name)
    if data.shows_scenes:
        seen: npt.NDArray[Any] = rgb_picture(content, SCENE_SIZE, name)[np.newaxis]
    else:
        seen = features(data.encoder, content)
    return Subject(name, pixels, seen, None, aspect_of(content))


def features(encoder: str, content: bytes) -> npt.NDArray[np.float16]:
    """Return what a pretrained network sees in a picture file, as a batch of one."""
    pretrained: Pretrained = PRETRAINED[encoder]
    pixels = rgb_picture(content, pretrained.size, "the picture")
    grid: npt.NDArray[np.float16] = network(pretrained, weights_of(pretrained)).predict_on_batch(
        pixels[np.newaxis]
    )
    return grid
