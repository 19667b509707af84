"""Gzip for everything a browser reads as text; files that never change are packed once."""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request

_LEAST_BYTES = 1024
_TEXT = ("text/", "application/json", "application/javascript", "application/geo+json", "image/svg")
_LASTING = ("/assets/", "/_dash-component-suites/")


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
        answer.set_data(_packed(content) if lasting else gzip.compress(content, 5, mtime=0))
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
