"""A picture from the web."""

from __future__ import annotations

from rich.filesize import decimal

from coursekit import CourseError

MOST = 30_000_000  # bytes
SECONDS = 10  # to connect, and between two pieces


def download(address: str) -> bytes:
    """Return what is at an address.

    Raises:
        CourseError: It cannot be reached, is refused or is too large.
    """
    import httpx

    pieces, size = [], 0
    try:
        with httpx.stream("GET", address, timeout=SECONDS, follow_redirects=True) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > MOST:
                    raise CourseError(
                        f"{address} is too large", f"a picture of up to {decimal(MOST)}"
                    )
    except httpx.HTTPStatusError as error:
        raise CourseError(
            f"{address} answered {error.response.status_code} {error.response.reason_phrase}",
            "the address of a picture",
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CourseError(
            f"{address} cannot be reached: {error}",
            remedy="save the picture and name its file instead",
        ) from error
    return b"".join(pieces)
