"""Files of sentence pairs as people have them: read rightly, or refused with a remedy."""

from pathlib import Path

import pytest

from coursekit import CourseError, fingerprint
from coursekit.datasets import LocalDataset
from coursekit_nmt import NmtLesson, NmtSettings
from coursekit_nmt.data import Pair, Parts, nmt_data, text_of
from coursekit_nmt.load import phrasebook_parts, tatoeba_parts
from coursekit_nmt.own import own_parts
from tests.conftest import published

WORDS = "casa perro gato libro coche agua pan hueso mesa silla rojo azul".split()


def lines(pattern: str, count: int = 60) -> list[str]:
    """Return different lines: ``{n}`` counts, ``{a}`` and ``{b}`` are words."""
    return [
        pattern.format(n=n, a=WORDS[n % 12], b=WORDS[(n // 12 + n) % 12], c=WORDS[n // 12])
        for n in range(count)
    ]


def read(folder: Path, text: str | bytes) -> Parts:
    path = folder / "pairs.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return own_parts(path)


def pairs(parts: Parts) -> set[Pair]:
    return {pair for split in parts[:3] for pair in split}


PLAIN = lines("The {a} {b} {c}.\tEl {a} {b} {c}.")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(tmp_path: Path, end: str) -> None:
    parts = read(tmp_path, end.join(PLAIN))
    assert len(pairs(parts)) == 60
    assert Pair("el casa casa casa .", "the casa casa casa .") in pairs(parts)


def test_an_export_of_tatoeba_has_four_columns(tmp_path: Path) -> None:
    text = "\ufeff" + "\n".join(lines("{n}\tEl {a} {b} {c}.\t9{n}\tThe {a} {b} {c}."))
    parts = read(tmp_path, text)
    assert pairs(parts) == pairs(read(tmp_path, "\n".join(PLAIN)))
    assert parts.notes[0].startswith("columns 1 and 3 hold numbers, as in an export of tatoeba")


@pytest.mark.parametrize("titles", ["English\tSpanish", "source\t target", "en\tes\tlicence"])
def test_titles_of_columns_are_no_pair(tmp_path: Path, titles: str) -> None:
    parts = read(tmp_path, "\n".join([titles, *PLAIN]))
    assert pairs(parts) == pairs(read(tmp_path, "\n".join(PLAIN)))
    first, second = titles.split("\t")[:2]
    said = f"line 1 is left out: {first} and {second.strip()} are the titles of the columns"
    assert said in parts.notes


@pytest.mark.parametrize("pair", ["English\tInglés, por favor", "A text.\tUn texto."])
def test_a_first_pair_of_words_stays(tmp_path: Path, pair: str) -> None:
    parts = read(tmp_path, "\n".join([pair, *PLAIN]))
    assert len(pairs(parts)) == 61
    assert not any("left out" in note for note in parts.notes)


@pytest.mark.parametrize("pattern", ["{n}\tspa\tEl {a} {b}.", "The {a} {b}.\t{n}"])
def test_a_column_of_numbers_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(CourseError, match="column of .* holds numbers") as caught:
        read(tmp_path, "\n".join(lines(pattern)))
    assert caught.value.remedy


def test_a_deck_of_anki_loses_its_markup(tmp_path: Path) -> None:
    head = "#separator:tab\n#html:true\n#tags column:3\n"
    card = "<b>The {a}</b>&nbsp;{b} {c}.<br>\t<div>El {a} {b} {c}.</div>[sound:es-{n}.mp3]\tdeck"
    parts = read(tmp_path, head + "\n".join(lines(card)))
    assert pairs(parts) == pairs(read(tmp_path, "\n".join(PLAIN)))
    assert "HTML tags, entities or sounds were removed from 60 lines" in parts.notes


def test_the_marks_of_other_scripts_stay(tmp_path: Path) -> None:
    hindi = read(tmp_path, "\n".join(lines("{a} {b} {c}.\tमैं गाड़ी {a} {b} {c}।")))
    assert Pair("मैं गाड़ी casa casa casa ।", "casa casa casa .") in pairs(hindi)
    chinese = read(tmp_path, "\n".join(lines("{a} {b} {c}.\t我看见 {a} {b} {c}。")))
    assert Pair("我 看 见 casa casa casa 。", "casa casa casa .") in pairs(chinese)


def test_vietnamese_keeps_its_tones_and_spanish_does_not(tmp_path: Path) -> None:
    parts = read(tmp_path, "\n".join(lines("Él {a} {b} {c}.\tTôi uống nước {a} {b} {c}.")))
    assert parts.accents == (True, False)
    assert Pair("tôi uống nước casa casa casa .", "el casa casa casa .") in pairs(parts)
    settings = NmtSettings(batch_size=8, samples=0)
    lesson, data = NmtLesson(), nmt_data(parts, settings)
    restored = lesson.restore(lesson.assets(data), settings)
    assert restored.keeps_accents is True


def test_three_pairs_and_what_is_odd_are_said(tmp_path: Path) -> None:
    parts = read(tmp_path, "\n".join([*PLAIN, "A. " + "long " * 90 + "\tEs largo."]))
    assert sum(note.startswith("as read: el ") for note in parts.notes) >= 2
    (said,) = [note for note in parts.notes if note.startswith("warning")]
    assert "line 61 has 92 words" in said


def test_words_without_spaces_are_noticed(tmp_path: Path) -> None:
    glued = lines("The{a}{b}{c}.\tEl{a}{b}{c}.")
    said = [note for note in read(tmp_path, "\n".join(glued)).notes if "warning" in note]
    assert len(said) == 2
    assert "hardly any word is seen twice" in said[0]


def test_the_sample_is_a_held_out_sentence_of_ones_own(tmp_path: Path) -> None:
    parts = read(tmp_path, "\n".join(PLAIN))
    held_out = {pair.source for pair in parts.test}
    assert parts.sample in held_out
    assert parts.sample not in {pair.source for pair in parts.train}
    settings = NmtSettings(batch_size=8, samples=0)
    lesson, data = NmtLesson(), nmt_data(parts, settings)
    restored = lesson.restore(lesson.assets(data), settings)
    assert restored.sample == data.sample == parts.sample
    assert restored.demo_example == data.demo_example == f"'{parts.sample}'"
    assert nmt_data(phrasebook_parts(), settings).demo_example == ""


@pytest.mark.slow
def test_the_built_in_data_is_what_it_was() -> None:
    """Figures were measured on exactly these sentences: no normal form may change."""
    archive = published("tatoeba", "spa-eng.zip")
    tatoeba = tatoeba_parts(LocalDataset("tatoeba", {"spa-eng.zip": archive}))
    assert fingerprint(text_of(tatoeba)).startswith("d8f7c1d4186000b826b1d6cabd84fb08")


def test_the_phrasebook_is_what_it_was() -> None:
    found = fingerprint(text_of(phrasebook_parts()))
    assert found.startswith("1401adf89ed0d1da69a1b1184bc4e647")
