"""Questions to a server in JSON over HTTP, and what may go wrong with them."""

from __future__ import annotations

import re
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import requests
from numpy.typing import NDArray

from gridmap.errors import EngineError, fault

Floats = NDArray[np.float64]

#: Waits before a question is asked again, after a lost connection or a fault of the server (5xx).
WAITS_S = (0.2, 0.5, 1.0)
#: So much of an answer that is not understood is shown.
SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Refusal:
    """A server's answer that it cannot answer, with its own code and words."""

    code: str
    message: str


class Server:
    """Questions and answers in JSON over HTTP.

    Proxies, certificates and passwords of the environment are not used.

    Parameters
    ----------
    url
        Base address, with user and password where the server wants them.
    kind, mode
        Kind of server and means of travel, for the faults.
    timeout_s
        How long to wait for a connection, and for an answer.
    """

    def __init__(self, url: str, kind: str, mode: str, timeout_s: float) -> None:
        self._base = url.rstrip("/")
        self._kind, self._mode, self._timeout_s = kind, mode, timeout_s
        self._session = requests.Session()
        self._session.trust_env = False
        # Connections are kept open between questions, and closed with the engine.
        weakref.finalize(self, self._session.close)
        #: The address without user and password, as it may be shown.
        self.url = re.sub(r"//[^/]*@", "//", self._base)

    def ask(self, path: str, question: Mapping[str, Any] | None = None) -> object:
        """Return the answer, or the server's `Refusal`; with a question in JSON by POST.

        Raises
        ------
        EngineError
            If no answer comes, or one that is not JSON.
        """
        for wait_s in WAITS_S:
            answer = self._try(path, question)
            if isinstance(answer, requests.Response) and answer.status_code < 500:
                return self._read(answer)
            time.sleep(wait_s)
        answer = self._try(path, question)
        if not isinstance(answer, requests.Response):
            raise self._failed(answer)
        if answer.status_code >= 500:
            raise self._failed(f"HTTP {answer.status_code}: {_shown(answer.text)}")
        return self._read(answer)

    def answer(self, path: str, question: Mapping[str, Any] | None = None) -> object:
        """Return the answer; a refusal is an `EngineError` as well."""
        found = self.ask(path, question)
        if isinstance(found, Refusal):
            raise self.refused(found)
        return found

    def refused(self, refusal: Refusal) -> EngineError:
        """Return the error of a refused question."""
        reason = f"{refusal.code}: {refusal.message}"
        return EngineError(
            fault("travel.server_refused", url=self.url, reason=reason, mode=self._mode)
        )

    def odd(self, reason: str) -> EngineError:
        """Return the error of an answer that cannot be understood."""
        return EngineError(fault("travel.server_odd", url=self.url, reason=reason, kind=self._kind))

    def part(self, answer: object, *keys: str | int) -> object:
        """Return what stands in an answer under keys and positions, one in another."""
        found = answer
        for at, key in enumerate(keys):
            try:
                found = found[key]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                where = ".".join(str(one) for one in keys[: at + 1])
                raise self.odd(f"{where}: {_shown(repr(found))}") from None
        return found

    def parts(self, answer: object, *keys: str | int) -> list[object]:
        """Return a list in an answer."""
        found = self.part(answer, *keys)
        if not isinstance(found, list):
            raise self.odd(f"{'.'.join(map(str, keys))}: {_shown(repr(found))}")
        return found

    def number(self, answer: object, *keys: str | int) -> float:
        """Return a number in an answer."""
        found = self.part(answer, *keys)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self.odd(f"{'.'.join(map(str, keys))}: {_shown(repr(found))}")
        return float(found)

    def table(self, rows: object, shape: tuple[int | None, int]) -> Floats:
        """Return numbers in rows and columns, nothing as NaN; any number of rows for None."""
        try:
            found = np.array(rows, dtype=np.float64)
        except (TypeError, ValueError):
            raise self.odd(_shown(repr(rows))) from None
        if found.ndim != 2 or found.shape[1] != shape[1] or shape[0] not in {None, len(found)}:
            raise self.odd(f"{found.shape} ≠ {shape}")
        return found

    def _try(self, path: str, question: Mapping[str, Any] | None) -> requests.Response | str:
        """Return the answer, or why none came and a second try may help."""
        address = f"{self._base}/{path}"
        try:
            if question is None:
                return self._session.get(address, timeout=self._timeout_s)
            return self._session.post(address, json=question, timeout=self._timeout_s)
        except requests.Timeout:
            raise self._failed(f"> {self._timeout_s:g} s") from None
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            return _root(error)
        except (requests.RequestException, ValueError) as error:
            raise self._failed(type(error).__name__) from None

    def _failed(self, reason: str) -> EngineError:
        return EngineError(fault("travel.server_failed", url=self.url, reason=reason))

    def _read(self, response: requests.Response) -> object:
        try:
            found = response.json()
        except (ValueError, RecursionError):
            raise self.odd(f"HTTP {response.status_code}: {_shown(response.text)}") from None
        if response.status_code < 300:
            return found
        if isinstance(found, dict):
            # OSRM tells a code and a message, Valhalla an error_code and an error.
            code = found.get("error_code", found.get("code", response.status_code))
            message = found.get("error", found.get("message", ""))
            return Refusal(str(code), _shown(str(message)))
        raise self.odd(f"HTTP {response.status_code}: {_shown(response.text)}")


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]} …"


def _root(error: BaseException) -> str:
    """Return the innermost reason of a lost connection, without addresses."""
    while True:
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return str(getattr(error, "strerror", None) or type(error).__name__)
