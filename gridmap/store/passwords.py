"""Passwords: only their argon2id hashes are kept."""

from __future__ import annotations

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gridmap.errors import InputError, fault

#: Shorter ones are guessed; longer ones only cost time.
LEAST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 256
#: A hash takes 64 MB for a moment; so many at the same time.
_AT_A_TIME: Final = 2

#: Hash of a password that nobody knows any more, with the parameters of `PasswordHasher()`.
_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$7N6gB3X9ptGXUW0Uyjedag$"
    "MgBy+daESRWciiKez53nFKQC4w45SwXyhPYEmsa8q7k"
)

#: A shorter name stands in many a good password.
_LEAST_NAME: Final = 3
_turn = threading.BoundedSemaphore(_AT_A_TIME)


class Passwords:
    """Hashes and checks passwords.

    Parameters
    ----------
    hasher
        The parameters of argon2id; by default the second recommended option of RFC 9106.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = _NOBODY if hasher is None else hasher.hash("of nobody")

    def hashed(self, name: str, password: str) -> str:
        """Return the hash of a password.

        Raises
        ------
        InputError
            If the password is too short or long, or is the name.
        """
        if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
            raise InputError(
                fault("people.password_length", name, least=LEAST_CHARACTERS, most=MOST_CHARACTERS)
            )
        if len(name) >= _LEAST_NAME and name.casefold() in password.casefold():
            raise InputError(fault("people.password_has_name", name))
        with _turn:
            return self._hasher.hash(password)

    def matches(self, password: str, hashed: str | None) -> bool:
        """Return whether the password is that of the hash.

        Without a hash it takes as long as with one, so that time tells nobody which names exist.
        """
        given = password if len(password) <= MOST_CHARACTERS else ""
        with _turn:
            try:
                good = self._hasher.verify(hashed or self._nobody, given)
            except (VerificationError, InvalidHashError):
                return False
        return good and hashed is not None
