"""Texts of many scripts, their normal forms worked out by hand."""

import unicodedata

import pytest

from coursekit.store import has_tones, is_number, normal_letters, without_markup, words_of


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Ça, señor Ångström", "ca, senor angstrom"),
        ("мой ёж", "мой ёж"),  # й is no и
        ("Ελλάδα", "ελλάδα"),
        ("गाड़ी", "गाड़ी"),
        ("น้ำ", "น้ำ"),
        ("がぎぐ", "がぎぐ"),  # not かきく
        ("שָׁלוֹם", "שָׁלוֹם"),
        ("한국어", "한국어"),
        ("co\u00adope\u00adration", "cooperation"),
        ("\ufeffzero\u200bwidth\u200d", "zerowidth"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # part of the spelling
        ("葛\U000e0100", "葛"),
        ("\u0301e\u0301", "e"),
    ],
)
def test_only_latin_letters_lose_their_accents(text: str, bare: str) -> None:
    expected = unicodedata.normalize("NFC", bare)
    assert normal_letters(text, keep_accents=False) == expected
    decomposed = unicodedata.normalize("NFD", text)
    assert normal_letters(decomposed, keep_accents=False) == expected
    assert normal_letters(expected, keep_accents=False) == expected


def test_accents_can_stay() -> None:
    assert normal_letters("TIE\u0302\u0301NG Vie\u0302\u0323t, l\u2019été") == "tiếng việt, l'été"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the dog's 2 tails", "the|dog's|2|tails"),
        ("我看见房子。", "我|看|见|房|子"),
        ("iphone手机", "iphone|手|机"),
        ("これはペンです", "こ|れ|は|ペン|で|す"),
        ("らーめん", "らー|め|ん"),
        ("ผมดื่มน้ำ", "ผ|ม|ดื่|ม|น้ำ"),
        ("मैं पानी", "मैं|पानी"),
        ("한국어 좋다", "한국어|좋다"),
        ("tiếng việt", "tiếng|việt"),
    ],
)
def test_words(text: str, words: str) -> None:
    found = words_of(normal_letters(text))
    assert found == words.split("|")
    assert words_of(" ".join(found)) == found


def test_vietnamese_is_recognised() -> None:
    assert has_tones(["Tôi là Tom.", "Tôi uống nước.", "Ba má."])
    assert not has_tones(["Où est le garçon?", "¿Dónde está?", "Ich höre.", "Não é."])


def test_markup_of_a_card_is_taken_out() -> None:
    card = "<b>I see</b>&nbsp;the {{c1::house::what}}.<br>[sound:es-0.mp3]<div>Yes &amp; no</div>"
    assert without_markup(card).split() == ["I", "see", "the", "house.", "Yes", "&", "no"]
    assert without_markup("a < b, <c> and AT&T;") == "a < b, <c> and AT&T;"


def test_numbers() -> None:
    assert all(map(is_number, ["100000", " 1.5 ", "-3", "12:30", "2024-05-01", "50%"]))
    assert not any(map(is_number, ["", "room 12", "1st", "十", "."]))
