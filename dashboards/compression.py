"""Gzip for everything a browser reads as text; files that never change are packed once."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, Response, request

_LEAST_BYTES = 1024
#: Level for what is packed once only: a third of the time of level 5, a tenth more bytes.
_QUICK = 2
_TEXT = ("text/", "application/json", "application/javascript", "application/geo+json", "image/svg")
_LASTING = ("/assets/", "/_dash-component-suites/")


@dataclass(frozen=True)
class Packed:
    """Content that many ask for: as it is, packed, and a name by which a browser knows it."""

    plain: bytes
    packed: bytes
    tag: str

    @classmethod
    def of(cls, content: bytes, *, level: int = 6) -> Packed:
        """Pack some content; what is asked for once only is not worth a high level."""
        tag = hashlib.sha256(content).hexdigest()[:32]
        return cls(content, gzip.compress(content, level, mtime=0), tag)

    def answer(self, mimetype: str) -> Response:
        """Return the content as the browser of this request takes it."""
        taken = "gzip" in request.headers.get("Accept-Encoding", "")
        answer = Response(self.packed if taken else self.plain, mimetype=mimetype)
        if taken:
            answer.headers["Content-Encoding"] = "gzip"
        answer.headers.add("Vary", "Accept-Encoding")
        answer.set_etag(self.tag)
        return answer


def compress(server: Flask) -> None:
    """Pack the answers of a server for browsers that accept it."""

    @server.after_request
    def pack(answer: Response) -> Response:
        if not _worth_it(answer):
            return answer
        answer.direct_passthrough = False
        content = answer.get_data()
        if len(content) < _LEAST_BYTES:
            return answer
        lasting = request.path.startswith(_LASTING)
        answer.set_data(_packed(content) if lasting else gzip.compress(content, _QUICK, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers.add("Vary", "Accept-Encoding")
        return answer


def _worth_it(answer: Response) -> bool:
    return (
        answer.status_code == 200
        and "Content-Encoding" not in answer.headers
        and "gzip" in request.headers.get("Accept-Encoding", "")
        and (answer.mimetype or "").startswith(_TEXT)
    )


@lru_cache(maxsize=64)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 8, mtime=0)
