"""The normal form of sentences, on cases made by hand."""

from __future__ import annotations

import pytest

from coursekit_nmt.text import ARTICLE_SENTENCES, normalize, tokens

CASES = {
    "Hello": "hello",
    "¿Dónde está el NIÑO?": "¿ donde esta el nino ?",
    "¡Qué frío!": "¡ que frio !",
    "Sí, claro; gracias.": "si , claro ; gracias .",
    "wait...what?!": "wait . . . what ? !",
    "I don\u2019t know.": "i don't know .",
    "Tom\u2019s dog": "tom's dog",
    "the boys' room": "the boys' room",
    "five o'clock": "five o'clock",
    "'hello'": "hello",
    "\u201cHola\u201d, dijo": "hola , dijo",
    "a \u2014 b (c) [d] <e>": "a b c d e",
    "room 12, 3.50": "room 12 , 3 . 50",
    "well-known snake_case": "well known snake case",
    "pingüino, año": "pinguino , ano",
    "cafe\u0301": "cafe",  # decomposed already
    "  too \t many\n spaces ": "too many spaces",
    "我很好。": "我 很 好 。",
    "한국어, 좋다": "한국어 , 좋다",
    "मैं पानी देखता है।": "मैं पानी देखता है ।",
    "ผมดื่มน้ำ": "ผ ม ดื่ ม น้ำ",
    "これはペンです": "こ れ は ペン で す",
    "らーめん": "らー め ん",
    "ガラス": "ガラス",
    "мой ёж": "мой ёж",
    "co\u00adope\u00adration": "cooperation",
    "zero\u200bwidth": "zerowidth",
    "iPhone手机": "iphone 手 机",
    "می\u200cخواهم": "می\u200cخواهم",
    "1\ufe0f\u20e3": "1",
    "Tôi là Tom": "toi la tom",
    "привет, мир!": "привет , мир !",
    "한국어": "한국어",
    "": "",
    "***": "",
    "'": "",
}


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_normal_form(text: str, expected: str) -> None:
    assert normalize(text) == expected
    assert tokens(text) == expected.split()


@pytest.mark.parametrize("text", CASES)
def test_normal_form_is_its_own_normal_form(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert normalize("ni\u00f1o") == normalize("nin\u0303o") == "nino"


def test_article_sentences() -> None:
    assert [normalize(sentence) for sentence in ARTICLE_SENTENCES] == [
        "hace mucho frio aqui .",
        "esta es mi vida .",
        "¿ todavia estan en casa ?",
        "trata de averiguarlo .",
    ]
