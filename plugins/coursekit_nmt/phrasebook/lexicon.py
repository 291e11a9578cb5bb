"""The words of the phrasebook: nouns, adjectives, places, verbs and who acts.

A pure table. Groups say what goes with what, so that one eats apples and reads books;
``grammar.py`` builds sentences from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Gender = Literal["m", "f"]


@dataclass(frozen=True, slots=True, eq=False)
class Noun:
    """A Spanish noun and its English.

    Attributes:
        spanish: singular and plural; no plural for what is not counted.
        english: singular and plural.
        groups: what one can do with it, and which adjectives it takes.
        also: further right translations, (singular, plural); "" where there is none.
        el: takes "el" in the singular although feminine (el agua).
    """

    spanish: tuple[str, str]
    english: tuple[str, str]
    gender: Gender
    groups: frozenset[str]
    also: tuple[tuple[str, str], ...] = ()
    el: bool = False

    @property
    def mass(self) -> bool:
        """Whether the noun is not counted: bread, water."""
        return not self.spanish[1]


_PLURALS = {
    "autobús": "autobuses",
    "examen": "exámenes",
    "jardín": "jardines",
    "joven": "jóvenes",
    "violín": "violines",
}


def spanish_plural(word: str) -> str:
    """The plural of a noun or adjective: lápiz -> lápices, canción -> canciones."""
    if word in _PLURALS:
        return _PLURALS[word]
    if word.endswith("z"):
        return word[:-1] + "ces"
    if word.endswith("ón"):
        return word[:-2] + "ones"
    return word + ("s" if word[-1] in "aeioué" else "es")


def english_plural(word: str) -> str:
    """The regular plural: box -> boxes, city -> cities."""
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


# spanish[/plural]; english[/plural]; gender; groups; other English (=singular/plural)
_NOUNS = """
manzana; apple; f; food count goods fruit
naranja; orange; f; food count goods fruit
huevo; egg; m; food count goods cook
pastel; cake; m; food count goods dish make cut
ensalada; salad; f; food count dish make
sopa; soup; f; food count dish make cook
pan/-; bread; m; food mass goods cut
carne/-; meat; f; food mass goods cook cut
pescado/-; fish; m; food mass goods cook
queso/-; cheese; m; food mass goods cut
arroz/-; rice; m; food mass goods cook
pollo/-; chicken; m; food mass goods cook
fruta/-; fruit; f; food mass goods wash fruit
agua/-; water; f; drink mass el
leche/-; milk; f; drink mass goods
café/-; coffee; m; drink mass goods make
té/-; tea; m; drink mass goods make
jugo/-; juice; m; drink mass goods make
libro; book; m; read write goods find give open close text thing
carta; letter; f; read write find send give open text thing
periódico; newspaper; m; read goods find text thing
revista; magazine; f; read goods find text thing
novela; novel; f; read write text
cuento; story; m; read write text tell
poema; poem; m; read write text
mensaje; message; m; read write send text
coche; car; m; goods wash use vehicle own repair see
bicicleta; bicycle; f; goods wash use vehicle own repair find
casa; house; f; goods clean building own
mesa; table; f; goods clean furniture repair
silla; chair; f; goods clean furniture repair break
llave; key; f; find own use give thing
teléfono; phone; m; goods use find own repair break give thing
computadora; computer; f; goods use own repair break
reloj; watch; m; goods find own repair break give thing; =clock
bolsa; bag; f; goods find own open close thing
maleta; suitcase; f; goods find own open close thing
regalo; gift; m; goods find send give open
flor; flower; f; goods give cut find plant
foto; photo; f; find send see give thing
camisa; shirt; f; goods wash wear
vestido; dress; m; goods wash wear
falda; skirt; f; goods wash wear
zapato; shoe; m; goods clean wear find
sombrero; hat; m; goods wear find
abrigo; coat; m; goods wear find wash
puerta; door; f; open close repair door
ventana; window; f; open close clean break door
caja; box; f; open close find thing
botella; bottle; f; open goods break thing
vaso; glass; m; wash break use thing
plato; plate; m; wash break use thing
cuchillo; knife/knives; m; wash use find thing
lápiz; pencil; m; use find goods give thing
mapa; map; m; use find goods see thing
guitarra; guitar; f; goods play own repair find
piano; piano; m; play goods own
violín; violin; m; play goods own repair
canción; song; f; write listen learn event
música/-; music; f; listen mass
radio/-; radio; f; listen
película; movie; f; see event
dinero/-; money; m; need mass send find receive
cuarto; room; m; clean place
cocina; kitchen; f; clean place
tienda; store; f; open close building see
hotel; hotel; m; see building
museo; museum; m; see visit building
ciudad; city; f; see visit town
pueblo; village; m; see visit town; =town
parque; park; m; see town
playa; beach; f; see town
iglesia; church; f; see visit building
escuela; school; f; see building visit
calle; street; f; clean town
jardín; garden; m; see place
perro; dog; m; animal see find wash
gato; cat; m; animal see find
caballo; horse; m; animal see find
pájaro; bird; m; animal see
problema; problem; m; idea understand
pregunta; question; f; idea understand write
respuesta; answer; f; idea understand find write
historia; story; f; idea understand read write event tell
idea; idea; f; idea understand
palabra; word; f; understand write learn
lección; lesson; f; understand study read learn event
clase; class; f; event
fiesta; party; f; event
viaje; trip; m; event
cena; dinner; f; dish event
desayuno; breakfast; m; dish event
trabajo; job; m; need idea event; =work/-
vida; life/lives; f; abstract
examen; exam; m; event idea
tarea/-; homework; f; do
ejercicio; exercise; m; do
cama; bed; f; make furniture
inglés/-; English; m; language
español/-; Spanish; m; language
francés/-; French; m; language
autobús; bus; m; await vehicle
tren; train; m; await vehicle
taxi; taxi; m; await vehicle
hermano; brother; m; person family; =-/siblings
hermana; sister; f; person family
padre; father/parents; m; person family parent; =-/fathers
madre; mother; f; person family parent
hijo; son/children; m; person family; =-/sons
hija; daughter; f; person family
abuelo; grandfather/grandparents; m; person family parent; =-/grandfathers
abuela; grandmother; f; person family parent
tío; uncle; m; person family
tía; aunt; f; person family
amigo; friend; m; person friend
amiga; friend; f; person friend
vecino; neighbor; m; person friend
vecina; neighbor; f; person friend
médico; doctor; m; person job
médica; doctor; f; person job
profesor; teacher; m; person job
profesora; teacher; f; person job
abogado; lawyer; m; person job
abogada; lawyer; f; person job
enfermera; nurse; f; person job
cocinero; cook; m; person job
estudiante; student; m; person job
niño; boy/children; m; person child; =child/boys
niña; girl; f; person child
hombre; man/men; m; person child
mujer; woman/women; f; person child
"""


def _both_numbers(text: str) -> tuple[str, str]:
    """Singular and plural of "child/children" or "car"; "-" stands for none."""
    singular, slash, plural = text.partition("/")
    words = (singular, plural if slash else english_plural(singular))
    return words[0].strip("-"), words[1].strip("-")


def _noun(line: str) -> Noun:
    spanish, english, gender, groups, *also = (field.strip() for field in line.split(";"))
    singular, _, plural = spanish.partition("/")
    labels = frozenset(groups.split())
    others = also[0].split() if also else []
    return Noun(
        spanish=(singular, "" if plural == "-" else plural or spanish_plural(singular)),
        english=_both_numbers(english),
        gender="m" if gender == "m" else "f",
        groups=labels,
        also=tuple(_both_numbers(other.lstrip("=")) for other in others),
        el="el" in labels,
    )


NOUNS = {noun.spanish[0]: noun for noun in map(_noun, _NOUNS.strip().splitlines())}


@dataclass(frozen=True, slots=True, eq=False)
class Adjective:
    """An adjective: masculine and feminine, its English, which groups of nouns take it."""

    masculine: str
    feminine: str
    english: str
    groups: frozenset[str]
    also: tuple[str, ...] = ()

    def form(self, gender: Gender, plural: bool) -> str:
        """The form that agrees with a noun: (rojo, f, plural) -> rojas."""
        word = self.masculine if gender == "m" else self.feminine
        return spanish_plural(word) if plural else word


# masculine; english; noun groups; other English. A feminine in -a is formed by rule.
_ADJECTIVES = """
rojo; red; own wear vehicle furniture thing door
azul; blue; own wear vehicle furniture thing door
verde; green; own wear vehicle furniture thing door fruit
blanco; white; wear vehicle furniture thing door animal building plant
negro; black; wear vehicle furniture thing animal
amarillo; yellow; wear vehicle thing door plant
nuevo; new; own wear vehicle furniture thing door read building job
viejo; old; own vehicle furniture thing door read building town animal person wear
grande; big; own vehicle furniture thing door building town animal place idea; large
pequeño; small; own vehicle furniture thing door building town animal place; little
caro; expensive; own vehicle wear furniture
barato; cheap; own vehicle wear furniture
bonito; pretty; wear plant town building place; beautiful nice
limpio; clean; wear vehicle furniture place building
sucio; dirty; wear vehicle furniture place
interesante; interesting; text event idea town
importante; important; text event idea job
difícil; difficult; text idea event abstract; hard
fácil; easy; idea event abstract
largo; long; text event
corto; short; text event
aburrido; boring; text event
bueno; good; text idea dish friend job
frío; cold; dish drink
caliente; hot; dish drink
dulce; sweet; fruit
alto; tall; person building
bajo; short; person
joven; young; person
inteligente; intelligent; person animal; smart
simpático; nice; person; friendly
amable; kind; person; friendly
famoso; famous; job town
rico; rich; person
pobre; poor; person
fuerte; strong; person animal
tranquilo; quiet; town place person; calm
"""
_STATES = """
cansado; tired; person animal
enfermo; sick; person animal; ill
ocupado; busy; person
contento; happy; person
triste; sad; person animal
enojado; angry; person
preocupado; worried; person
nervioso; nervous; person
solo; alone; person
listo; ready; person dish
abierto; open; open
cerrado; closed; close
roto; broken; break
limpio; clean; wear furniture place wash
sucio; dirty; wear furniture place wash
frío; cold; dish drink food
caliente; hot; dish drink food
"""


def _adjective(line: str) -> Adjective:
    spanish, english, groups, *also = (field.strip() for field in line.split(";"))
    masculine = spanish.split("/")[0]
    feminine = masculine[:-1] + "a" if masculine.endswith("o") else masculine
    others = tuple(also[0].split()) if also else ()
    return Adjective(masculine, feminine, english, frozenset(groups.split()), others)


ADJECTIVES = tuple(map(_adjective, _ADJECTIVES.strip().splitlines()))
STATES = tuple(map(_adjective, _STATES.strip().splitlines()))


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place: where one is (en ...) and where one goes (a ...), with the English of both."""

    name: str
    spanish: str
    at: tuple[str, ...]
    to: tuple[str, ...]


# noun with article; where ("/1" marks its place in "en la escuela"); where to
_PLACES = """
casa; at home/1; home/1
la escuela; at school/2 | at the school/2 | in the school/2; to school/2 | to the school/2
la oficina; at the office/2 | in the office/2; to the office/2
el parque; in the park/2 | at the park/2; to the park/2
la playa; at the beach/2 | on the beach/2; to the beach/2
la tienda; at the store/2 | in the store/2; to the store/2
el mercado; at the market/2 | in the market/2; to the market/2
el restaurante; at the restaurant/2 | in the restaurant/2; to the restaurant/2
el hospital; at the hospital/2 | in the hospital/2; to the hospital/2
la biblioteca; at the library/2 | in the library/2; to the library/2
el museo; at the museum/2 | in the museum/2; to the museum/2
el hotel; at the hotel/2 | in the hotel/2; to the hotel/2
la iglesia; at church/2 | at the church/2 | in the church/2; to church/2 | to the church/2
la cocina; in the kitchen/2; to the kitchen/2
el jardín; in the garden/2; to the garden/2
la calle; in the street/2 | on the street/2; -
la ciudad; in the city/2; to the city/2
el pueblo; in the village/2 | in the town/2; to the village/2 | to the town/2
la montaña; in the mountains/2 | on the mountain/2; to the mountains/2 | to the mountain/2
el campo; in the country/2 | in the countryside/2; to the country/2 | to the countryside/2
la estación; at the station/2 | in the station/2; to the station/2
el aeropuerto; at the airport/2 | in the airport/2; to the airport/2
España; in Spain/1; to Spain/1
México; in Mexico/1; to Mexico/1
Madrid; in Madrid/1; to Madrid/1
"""


def _place(line: str) -> Place:
    spanish, at, to = (field.strip() for field in line.split(";"))
    name = spanish.split()[-1]
    where, whither = (
        tuple(item.strip() for item in field.split("|") if item.strip() != "-")
        for field in (at, to)
    )
    return Place(name, spanish, where, whither)


PLACES = {place.name: place for place in map(_place, _PLACES.strip().splitlines())}
