"""A plugin of pytest: ``pytest --coursekit LESSON`` tests what every lesson must pass.

It imports nothing of coursekit until it is asked for a lesson, so that it costs other tests in
the same environment nothing and changes nothing for them.
"""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    group = parser.getgroup("coursekit", "what every lesson of coursekit must pass")
    group.addoption(
        "--coursekit",
        action="append",
        default=[],
        metavar="LESSON",
        help="also test that this installed lesson conforms; can be repeated",
    )
    group.addoption(
        "--coursekit-only",
        action="append",
        default=[],
        metavar="GROUP",
        help="test this group of cases alone, see `coursekit verify --help`; can be repeated",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add a test for each case of each lesson that was named."""
    names = config.getoption("coursekit")
    if names:
        from coursekit.conformance.collecting import collected

        only = config.getoption("coursekit_only")
        items += [item for name in names for item in collected(session, name, only)]
