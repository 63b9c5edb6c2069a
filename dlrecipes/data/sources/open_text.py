"""Text files, packed or not, with one clear message for what is none."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import plural

TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".data")
PEEKED = 4096
_PIECE = 2**20
# A zip file may be packed in a way that Python does not know: NotImplementedError.
_DAMAGES = (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError)


def check_file(path: Path) -> None:
    """Check that there is a file with something in it.

    Raises:
        DataError: If there is none, if it is a directory, or if it is empty.
    """
    if path.is_dir():
        raise DataError("A data file must be no directory.", received=str(path))
    if not path.is_file():
        here = "" if path.is_absolute() else f" in {Path.cwd()}"
        raise DataError("A data file must exist.", received=f"{path}, which is no file{here}")
    if not path.stat().st_size:
        raise DataError("A data file must not be empty.", received=f"{path} with 0 bytes")


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """Open a text file, also inside a `.gz` or a `.zip` with one table.

    What goes wrong while it is read, inside the `with` block, becomes one clear message too.

    Args:
        path: An existing file.
        encoding: Any text encoding that Python knows; `"utf-8"` skips a byte order mark.

    Yields:
        The text with its line ends as they are.

    Raises:
        ArgumentError: If there is no such encoding.
        DataError: If the file is no text, has another encoding, or is damaged.
    """
    name = _codec(encoding)
    try:
        if not name.startswith("utf") and _is_utf8(path):
            raise DataError(
                f"A text file must be in the encoding {encoding!r}, or name its own.",
                received=f"{path} in UTF-8",
                fix="Pass encoding='utf-8' (--encoding utf-8).",
            )
        with _open_bytes(path) as stream:
            _check_text(path, cast(io.BufferedReader, stream).peek(PEEKED)[:PEEKED], encoding)
            with io.TextIOWrapper(
                stream, "utf-8-sig" if name == "utf-8" else name, newline=""
            ) as text:
                yield text
    except UnicodeError as error:
        other = {"utf-8": "cp1252", "cp1252": "latin-1"}.get(name, "utf-8")
        raise DataError(
            f"A text file must be in the encoding {encoding!r}, or name its own.",
            received=f"{path}: {error}",
            fix=f"Pass encoding={other!r} (--encoding {other}) if it is that.",
        ) from error
    except PermissionError as error:
        raise DataError(
            "A data file must be readable.", received=f"{path}: {error.strerror}"
        ) from error
    except _DAMAGES as error:
        raise DataError(
            "A packed file must be whole.",
            received=f"{path}: {error}",
            fix="Fetch or pack it again.",
        ) from error


def _codec(encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)
    except LookupError as error:
        raise ArgumentError(
            "`encoding` must be a text encoding that Python knows.",
            received=f"encoding={encoding!r}",
            fix="Most files are 'utf-8', 'latin-1', 'cp1252' or 'utf-16'.",
        ) from error
    return codec.name


def _is_utf8(path: Path) -> bool:
    """Return whether a file has letters beyond ASCII, all of them written in UTF-8.

    Text in another encoding is hardly ever valid UTF-8 by chance, but UTF-8 is read without a
    murmur by an encoding of one byte a letter.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    beyond = False
    try:
        with _open_bytes(path) as stream:
            while piece := stream.read(_PIECE):
                beyond |= not piece.isascii()
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return beyond


@contextmanager
def _open_bytes(path: Path) -> Iterator[BinaryIO]:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        with gzip.open(path) as unpacked:
            yield cast(BinaryIO, unpacked)
    elif suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            member = _only_table(path, archive)
            with archive.open(member) as inner:
                yield cast(BinaryIO, inner)
    else:
        with path.open("rb") as stream:
            yield stream


def _only_table(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    inside = [
        member
        for member in archive.infolist()
        if not member.filename.endswith("/") and not member.filename.startswith("__MACOSX/")
    ]
    tables = [member for member in inside if Path(member.filename).suffix.lower() in TEXT_SUFFIXES]
    if len(tables) != 1:
        names = ", ".join(member.filename for member in (tables or inside)[:10]) or "nothing"
        raise DataError(
            f"A zip file must hold one table, {', '.join(TEXT_SUFFIXES)}.",
            received=f"{path} with {plural(len(tables), 'table')}: {names}",
            fix="Unpack it and name the file.",
        )
    if tables[0].flag_bits & 1:
        raise DataError(
            "A zip file must be open to read.",
            received=f"{path} with a password",
            fix="Unpack it first.",
        )
    return tables[0]


def _check_text(path: Path, start: bytes, encoding: str) -> None:
    if not start:
        raise DataError("A data file must not be empty.", received=f"{path} holds 0 bytes")
    if _codec(encoding).startswith(("utf-16", "utf-32")):
        return
    wide = "utf-16" if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ""
    if not wide and b"\0" in start:
        # Text of Western letters has a zero in every second byte.
        halves = (start[1::2].count(0), start[0::2].count(0))
        if max(halves) > len(start) // 4 and min(halves) < len(start) // 100 + 1:
            wide = "utf-16-le" if halves[0] > halves[1] else "utf-16-be"
    if wide:
        raise DataError(
            f"A text file must be in the encoding {encoding!r}, or name its own.",
            received=f"{path} in UTF-16",
            fix=f"Pass encoding={wide!r} (--encoding {wide}).",
        )
    if b"\0" in start:
        raise DataError(
            "A table must be a text file or a Parquet file.",
            received=f"{path} with zero bytes in its text",
            fix="Save it as CSV from the program that wrote it.",
        )
