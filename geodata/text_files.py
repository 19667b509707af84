"""Tables kept as text: their encoding, their separator and their rows.

Nothing is guessed statistically. An encoding is the one that is named, else a byte-order mark,
else strict UTF-8, else strict GB18030; bytes with zeros can only be UTF-16, which without a mark
counts if exactly one byte order gives sensible text. What passes none of these is asked back.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import unicodedata
import zlib
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import InputError, fault

SEPARATORS = ",;\t|"
#: A decompressed table larger than this is refused. Bytes.
MOST_BYTES = 1024**3
PIECE_BYTES = 1 << 20
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Excel takes a first line ``sep=;`` as an instruction and does not show it.
SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
#: Lines looked at to find the separator.
SAMPLE = 40


@dataclass(frozen=True)
class Text:
    """A table of text as it was found.

    Attributes
    ----------
    records
        Cells of each record, the first being row 1 of a spreadsheet that opens the file.
    encoding
        Encoding the file is in; `mark` says whether it begins with a byte-order mark.
    separator
        Sign between the cells.
    """

    records: list[list[str]]
    encoding: str
    mark: bool
    separator: str


def read_text(path: Path, *, encoding: str = "") -> Text:
    """Read a table of text, packed by gzip or not.

    Parameters
    ----------
    path
        The file.
    encoding
        Encoding it is in; found out by default.

    Raises
    ------
    InputError
        If the file cannot be unpacked, the encoding is unknown, wrong or uncertain, or a
        quotation is never closed.
    """
    try:
        data = _unpacked(path) if path.name.lower().endswith(".gz") else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error
    text, encoding, mark = _decoded(path, data, encoding)
    first, _, rest = text.partition("\n")
    told = SEPARATOR_LINE.fullmatch(first)
    if told:
        text = rest
    separator = told[1] if told else _separator(text)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error
    return Text(records, encoding, mark, separator)


def decode(data: bytes) -> str:
    """Return the text of bytes, see the head of this module.

    Raises
    ------
    UnicodeDecodeError
        If no encoding is certain.
    """
    return find_encoding(data)[0]


def find_encoding(data: bytes) -> tuple[str, str, bool]:
    """Return the text of bytes, their encoding and whether a byte-order mark says so.

    Raises
    ------
    UnicodeDecodeError
        If no encoding is certain.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding), encoding, True
    zero = data.find(0)
    if zero >= 0:
        # No text in UTF-8 or GB18030 has a zero byte, each in UTF-16 has one at its line ends.
        sensible = [
            (text, encoding)
            for encoding in ("utf-16-le", "utf-16-be")
            if (text := _sensible(data, encoding))
        ]
        if len(sensible) != 1:
            raise UnicodeDecodeError("utf-16", data, zero, zero + 1, "a zero byte")
        return (*sensible[0], False)
    try:
        return data.decode("utf-8"), "utf-8", False
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    for letter in sorted(set(text)):
        # Other Asian encodings often decode, but to characters that nobody writes.
        if unicodedata.category(letter) in {"Cn", "Co"}:
            at = len(text[: text.index(letter)].encode("gb18030"))
            raise UnicodeDecodeError("gb18030", data, at, at + 1, "a character of nobody")
    return text, "gb18030", False


def _decoded(path: Path, data: bytes, encoding: str) -> tuple[str, str, bool]:
    if not encoding:
        try:
            return find_encoding(data)
        except UnicodeDecodeError as error:
            byte = error.start + 1
            raise InputError(fault("tables.encoding_uncertain", path, byte=byte)) from error
    try:
        name = codecs.lookup(encoding).name
        text = data.decode(name)
    except LookupError as error:
        raise InputError(fault("tables.encoding_unheard", path, found=encoding)) from error
    except UnicodeError as error:
        at = getattr(error, "start", 0) + 1
        wrong = fault("tables.encoding_wrong", path, found=encoding, byte=at)
        raise InputError(wrong) from error
    return text.removeprefix("\ufeff"), name, text.startswith("\ufeff")


def _sensible(data: bytes, encoding: str) -> str:
    """Return the text if it is strictly of this encoding and looks like a table, else nothing."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return ""
    fine = "\n" in text or "\r" in text
    fine = fine and not CONTROL.search(text)
    fine = fine and not any(unicodedata.category(one) in {"Cn", "Co"} for one in set(text))
    return text if fine else ""


def _separator(text: str) -> str:
    """Return the sign that a line has most of, in the first lines outside of quotations."""
    lines: list[str] = []
    at = 0
    while len(lines) < SAMPLE and at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        lines.append(text[at:end])
        at = end + 1
    bare = re.sub(r'"[^"]*"', "", "\n".join(lines))
    counts = {
        sign: max((line.count(sign) for line in bare.splitlines()), default=0)
        for sign in SEPARATORS
    }
    # A comma in numbers of a table with semicolons or tabs is no separator: the header, which
    # has no numbers, tells; a title above it has no separators.
    for line in bare.splitlines():
        named = {sign: line.count(sign) for sign in SEPARATORS}
        best = max(SEPARATORS, key=lambda sign: named[sign])
        if named[best] and named[best] == counts[best]:
            return best
    return max(SEPARATORS, key=lambda sign: counts[sign])


def _unpacked(path: Path) -> bytes:
    # Piece by piece: a single read of so many bytes sets them aside at once.
    pieces, size = [], 0
    with gzip.open(path) as packed:
        while piece := packed.read(PIECE_BYTES):
            size += len(piece)
            if size > MOST_BYTES:
                raise OSError(f"more than {MOST_BYTES} bytes when unpacked")
            pieces.append(piece)
    return b"".join(pieces)
