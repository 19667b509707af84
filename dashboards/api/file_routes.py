"""Routes of files: hand a table in, have files made, fetch what a job made."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, request, send_file
from werkzeug.datastructures import FileStorage

from dashboards.api.contract import contract
from dashboards.api.draft_routes import key_of_request
from dashboards.api.models import ExportIn, ImportPlace, JobOut
from dashboards.api.plan_routes import seen_plan
from dashboards.api.problems import NotThere, asked_language
from dashboards.api.workshop import Workshop
from dashboards.arrivals import kept_name
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.catalogue import Language
from gridmap.errors import InputError, StoreError, fault
from gridmap.jobs.job import Job, State
from gridmap.jobs.listing import as_plain
from gridmap.store.roles import Permission

#: Largest table that is taken, with the form around it.
MOST_BYTES: Final = 50_000_000


def add_file_routes(routes: Blueprint, desk: Desk, work: Workshop, *, language: Language) -> None:
    """Add the routes."""

    @routes.post("/imports")
    @secured(Permission.IMPORT)
    @contract(query=ImportPlace, file=True, gives=JobOut, status=202, key=True)
    def hand_in(query: ImportPlace) -> dict[str, Any]:
        scope = desk.scope()
        scope.demand(query.territory, Permission.IMPORT)
        request.max_content_length = MOST_BYTES
        file = request.files.get("file")
        if file is None:
            raise InputError(fault("api.no_file", "file"))
        kept, new = keep(file, work.files / "inbox", scope.user)
        name = Path(file.filename or "").name[:200]
        asked = {**query.model_dump(exclude={"territory"}), "file": kept.name, "name": name}
        try:
            job = work.queue.ask(scope, "import", query.territory, asked, key=key_of_request())
        except Exception:
            if new:
                kept.unlink(missing_ok=True)
            raise
        return as_plain(work.queue.job(scope, job), asked_language(language))

    @routes.post("/exports")
    @secured(Permission.EXPORT)
    @contract(body=ExportIn, gives=JobOut, status=202, key=True)
    def export(body: ExportIn) -> dict[str, Any]:
        scope = desk.scope()
        # who may see contacts and has them written into files is noted now
        place = seen_plan(desk, body.scenario_id, "export").territory.name
        asked = body.model_dump(mode="json", exclude_unset=True)
        key = key_of_request()
        job = work.queue.ask(scope, "export", place, asked, key=key)
        return as_plain(work.queue.job(scope, job), asked_language(language))

    @routes.get("/exports/<int:job_id>/files/<path:file>")
    @secured(Permission.EXPORT)
    @contract(gives=None)
    def made(job_id: int, file: str) -> Response:
        path = made_file(work.queue.job(desk.scope(), job_id), file, work.files / "jobs")
        answer = send_file(path, as_attachment=True, download_name=path.name)
        answer.cache_control.no_store = True
        return answer


def keep(file: FileStorage, inbox: Path, user: str) -> tuple[Path, bool]:
    """Write a file into the inbox, under a name made of its content and its sender.

    No name that was sent reaches the file system but for a plain suffix. Sent again, a file gets
    the same name.

    Returns
    -------
    tuple of Path and bool
        Where it is, and whether it was not there before.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    kept = inbox / kept_name(file.stream, user, Path(file.filename or "").suffix.lower())
    if kept.exists():
        kept.touch()  # or it might be cleared away as an old one before it is read
        return kept, False
    draft = inbox / f".{secrets.token_hex(8)}"
    try:
        inbox.mkdir(parents=True, exist_ok=True)
        file.stream.seek(0)
        file.save(draft)
        draft.replace(kept)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(fault("api.cannot_keep", reason=error.strerror)) from error
    return kept, True


def made_file(job: Job, file: str, folder: Path) -> Path:
    """Return where a file lies that a job made.

    Raises
    ------
    NotThere
        If the job made none of this name, or it is gone by now.
    """
    listed = job.result.get("files", ()) if job.state is State.DONE else ()
    if file not in listed:
        raise NotThere(fault("api.no_such_file"))
    path = (folder / str(job.result["folder"]) / file).resolve()
    if not path.is_file() or not path.is_relative_to(folder.resolve()):
        raise NotThere(fault("api.no_such_file"))
    return path
