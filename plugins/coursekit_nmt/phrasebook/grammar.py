"""The constructions of the phrasebook, and how many sentences each is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from .actions import motion, transitive
from .clauses import Draft
from .impersonal import feelings_and_ages, weather
from .likes import comparing, liking, owning, pointing, the_red_one
from .places import there_is, where_people_are, where_things_are
from .pronouns import direct, finding_out, indirect, reflexive
from .questions import how_many, what, where_is, where_why_when, who
from .states import (
    describing_people,
    describing_things,
    professions,
    states_of_people,
    states_of_things,
)

CONSTRUCTIONS: tuple[tuple[Callable[[Random], Iterator[Draft]], int], ...] = (
    (transitive, 6200),
    (motion, 2500),
    (direct, 1700),
    (finding_out, 150),
    (indirect, 1200),
    (reflexive, 1500),
    (describing_people, 650),
    (professions, 300),
    (describing_things, 900),
    (states_of_people, 650),
    (states_of_things, 500),
    (where_things_are, 800),
    (where_people_are, 750),
    (there_is, 750),
    (weather, 650),
    (feelings_and_ages, 450),
    (liking, 1000),
    (comparing, 500),
    (owning, 700),
    (the_red_one, 400),
    (pointing, 600),
    (where_is, 230),
    (where_why_when, 600),
    (what, 400),
    (who, 400),
    (how_many, 400),
)
