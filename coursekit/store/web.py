"""What is at a web address, whole and in memory: a picture, a page, a small file."""

from rich.filesize import decimal

from coursekit.errors import CourseError
from coursekit.paths import without_login
from coursekit.printable import shortened
from coursekit.store import stream
from coursekit.store.transfer import Unreachable, explained, probe


def read_address(address: str, what: str, most: int, seconds: float) -> bytes:
    """Return what is at a web address.

    Args:
        address: http or https.
        what: What is expected there, such as ``"a picture"``.
        most: The bytes that are taken at most.
        seconds: The time for all of it.

    Raises:
        Unreachable: Nobody answers at the address.
        CourseError: It is refused, too large or too slow, or breaks off.
    """
    import httpx

    shown = shortened(without_login(address))
    remedy = f"save {what} in a file and name the file instead"
    try:
        try:
            probe(address)
            return _body(address, shown, what, most, stream.Patience(seconds))
        except httpx.TransportError as error:
            reason = explained(address, error, is_first=True)
            raise CourseError(f"{shown} broke off: {reason}", what, remedy) from error
    except Unreachable as error:
        raise Unreachable(error.what, error.expected, remedy) from error


def _body(address: str, shown: str, what: str, most: int, patience: stream.Patience) -> bytes:
    too_large = CourseError(f"{shown} is too large", f"{what} of up to {decimal(most)}")
    pieces, size = [], 0
    try:
        with stream.request(address, {}, patience) as answer:
            if answer.status != 200:
                status = f"{answer.status} {answer.reason}".strip()
                raise CourseError(f"{shown} answered {status}", f"the address of {what}")
            if answer.length is not None and answer.length > most:
                raise too_large
            for piece in answer.pieces:
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    raise too_large
    except stream.SlowError:
        raise CourseError(
            f"{shown} is too slow: {size:,} bytes came in {patience.seconds:g} s",
            what,
            f"save {what} in a file and name the file instead",
        ) from None
    return b"".join(pieces)
