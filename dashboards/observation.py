"""What the service says of itself: request numbers, one log line a request, measures, health."""

from __future__ import annotations

import logging
import os
import re
import time
import uuid
from collections.abc import Callable

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from dashboards.secured import public, secured
from gridmap.store.roles import Permission

#: Name of the header by which a request can be found again in the log.
REQUEST_ID = "X-Request-ID"
#: Requests that are asked so often, and tell so little, that they are logged only if they fail.
QUIET = ("/healthz", "/readyz", "/metrics")

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_log = logging.getLogger(__name__)

REQUESTS = Counter("gridmap_requests", "Requests answered.", ["method", "rule", "status"])
DURATION_S = Histogram(
    "gridmap_request_seconds",
    "Seconds from the request to the answer.",
    ["rule"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
OPEN = Gauge("gridmap_requests_open", "Requests being answered now.", multiprocess_mode="livesum")


def observe(server: Flask, ready: Callable[[], bool]) -> None:
    """Number, log and measure every request, and say how the service is.

    Parameters
    ----------
    server
        The application.
    ready
        Whether the service can answer now: its database can be read and has the right schema.
    """

    @server.before_request
    def begin() -> None:
        g.began_s = time.perf_counter()
        asked = request.headers.get(REQUEST_ID, "")
        g.request_id = asked if _ID.fullmatch(asked) else uuid.uuid4().hex
        OPEN.inc()

    @server.after_request
    def tell(answer: Response) -> Response:
        rule = str(request.url_rule) if request.url_rule else "none"
        seconds = time.perf_counter() - g.began_s
        REQUESTS.labels(request.method, rule, str(answer.status_code)).inc()
        DURATION_S.labels(rule).observe(seconds)
        answer.headers[REQUEST_ID] = g.request_id
        if request.path not in QUIET or answer.status_code >= 400:
            _log.info("request", extra={"fields": _fields(answer, seconds)})
        return answer

    @server.teardown_request
    def end(_: BaseException | None) -> None:
        if "began_s" in g:
            OPEN.dec()

    @server.get("/healthz")
    @public
    def health() -> Response:
        """Say that the process lives; a supervisor that hears nothing starts it again."""
        return _uncached(jsonify(alive=True))

    @server.get("/readyz")
    @public
    def readiness() -> tuple[Response, int]:
        """Say whether requests may come here now."""
        can = ready()
        return _uncached(jsonify(ready=can)), 200 if can else 503

    @server.get("/metrics")
    @secured(Permission.READ)
    def measures() -> Response:
        """Return the measures in the text format of Prometheus."""
        return _uncached(Response(_measures(), content_type=CONTENT_TYPE_LATEST))


def _fields(answer: Response, seconds: float) -> dict[str, object]:
    """Return what a log line tells of a request: no query and no body, which may be personal."""
    return {
        "request_id": g.request_id,
        "method": request.method,
        "path": request.path,
        "status": answer.status_code,
        "duration_ms": round(1000.0 * seconds, 1),
        "user": g.get("user", ""),
    }


def _measures() -> bytes:
    """Return the measures of all workers, where there are several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def _uncached(answer: Response) -> Response:
    answer.cache_control.no_store = True
    return answer
