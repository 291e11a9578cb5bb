"""Files in zip archives, found by their bare names and read where they are."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from coursekit import CourseError
from coursekit_captioning.pictures import Source


def members_of(archive: Path, ending: str) -> dict[str, str]:
    """Return the members of an archive by their bare names, without what a Mac adds.

    Raises:
        CourseError: It is no zip archive.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            names = [PurePosixPath(name) for name in file.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        raise CourseError(
            f"{archive} cannot be read: {error}", "the archive as published"
        ) from error
    return {
        path.name: str(path)
        for path in names
        if path.suffix == ending and "__MACOSX" not in path.parts
    }


def read_text(archive: Path, name: str) -> str:
    """Return a text file of an archive.

    Raises:
        CourseError: There is no such file in it.
    """
    members = members_of(archive, PurePosixPath(name).suffix)
    if name not in members:
        raise CourseError(f"there is no {name} in {archive}", "the archive as published")
    return Source(archive, members[name]).read().decode("utf-8")
