"""The one tree of errors, and the faults they carry.

A fault says what is wrong, where (file, row, id) and how to mend it; its sentence stands in the
catalogue, so that it can be read in each language. All faults of one input travel together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gridmap.catalogue import Language, text


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input, or one remark on it.

    Attributes
    ----------
    key
        Sentence in the catalogue, for example ``world.file_missing``. It names what is wrong
        and how to mend it.
    where
        File, row or ids the fault is about; may be empty.
    values
        What fills the placeholders of the sentence.
    """

    key: str
    where: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: Language = "en") -> str:
        """Return the fault as one line."""
        sentence = text(self.key, language, **self.values)
        return f"{self.where}: {sentence}" if self.where else sentence


def fault(key: str, where: object = "", /, **values: object) -> Fault:
    """Return a `Fault`; keyword arguments fill the placeholders of its sentence."""
    return Fault(key, str(where), values)


def some_ids(ids: Iterable[object], most: int = 8) -> str:
    """Return the first few ids as text, and how many more there are."""
    listed = [str(one) for one in ids]
    more = f" … (+{len(listed) - most})" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


class Numbers(tuple[int, ...]):
    """Numbers in a sentence, told like `some_ids`, that can still be counted otherwise."""

    def __str__(self) -> str:
        return some_ids(self)


class GridmapError(Exception):
    """Base of all errors that gridmap raises on purpose."""

    def __init__(self, *faults: Fault) -> None:
        self.faults: tuple[Fault, ...] = faults
        super().__init__("; ".join(one.text() for one in faults))

    def __reduce__(self) -> tuple[type[GridmapError], tuple[Fault, ...]]:
        # From another process an error comes back with its faults, not with their text only.
        return type(self), self.faults

    def text(self, language: Language = "en") -> str:
        """Return all faults, one a line."""
        return "\n".join(one.text(language) for one in self.faults)


class InputError(GridmapError, ValueError):
    """Something given by the user cannot be used."""


class InfeasibleError(GridmapError):
    """No plan satisfies the constraints; the faults say which and by how much."""


class ConflictError(GridmapError):
    """Somebody else changed the same cells first."""


class StoreError(GridmapError, OSError):
    """The database cannot do what it was asked to."""


class PermissionDenied(GridmapError, PermissionError):
    """The scope of the user does not reach this far."""


class EngineError(GridmapError, RuntimeError):
    """A dependency or a server failed."""


class Cancelled(GridmapError):
    """The user stopped the work."""
