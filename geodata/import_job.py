"""The command ``gridmap import`` as one function: read, clean, write, and say what happened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodata import fault_report
from geodata.boundaries import Boundary, read_boundary
from geodata.clean_files import SUFFIXES, write_clean
from geodata.headers import Kind
from geodata.importing import Imported, SuggestDatum, import_table
from geodata.mapping import TableMapping, read_mapping, save_mapping
from geodata.project_file import read_project
from geodata.sieve import excluded_notices
from gridmap.catalogue import Language, text
from gridmap.errors import InputError, fault

#: Rows that a preview shows.
SHOWN = 5


@dataclass(frozen=True, eq=False)
class ImportJob:
    """What is asked of an import.

    Attributes
    ----------
    file
        The table.
    kind
        What its rows are.
    project
        Project file whose boundary the rows must be in.
    mapping, save_mapping
        Files with how the table is read, to use and to write.
    settings
        What overrides the mapping: datum, encoding, sheet.
    preview
        Write nothing.
    out, faults
        Files for the accepted rows and for the fault report; beside the table by default.
    language
        Language of the report.
    """

    file: Path
    kind: Kind = "outlets"
    project: Path | None = None
    mapping: Path | None = None
    save_mapping: Path | None = None
    settings: TableMapping | None = None
    preview: bool = False
    out: Path | None = None
    faults: Path | None = None
    language: Language = "en"


@dataclass(frozen=True, eq=False)
class ImportResult:
    """What an import did: the rows, and the files that were written."""

    imported: Imported
    written: tuple[Path, ...]
    preview: bool

    def lines(self, language: Language) -> list[str]:
        """Return what a person reads."""
        done, table = self.imported, self.imported.table
        sheet = f" ({table.layout.sheet})" if table.layout and table.layout.sheet else ""
        row = table.layout.header_row if table.layout else 1
        lines = [
            text(
                "tables.header_found",
                language,
                file=table.name,
                row=row,
                sheet=sheet,
                count=len(table),
            )
        ]
        used = {field: _listed(names) for field, names in done.mapping.columns.items()}
        lines += [
            text("tables.column_line", language, field=field, columns=", ".join(names))
            for field, names in used.items()
        ]
        unused = [one for one in table.columns if all(one not in names for names in used.values())]
        if unused:
            lines.append(text("tables.columns_unused", language, columns=", ".join(unused)))
        lines += [one.text(language) for one in done.notices]
        for frame in (done.excluded, done.repaired, done.remarks):
            lines += [one.text(language) for one in excluded_notices(frame)]
        if self.preview:
            lines += done.frame.head(SHOWN).to_string(index=False).splitlines()
        lines.append(text("tables.counts", language, **done.counts))
        if self.preview:
            lines.append(text("tables.preview_only", language))
        else:
            files = ", ".join(str(one) for one in self.written)
            lines.append(text("tables.wrote", language, files=files))
        return lines

    def as_json(self, language: Language) -> dict[str, Any]:
        """Return what a machine reads."""
        done = self.imported

        def rows(name: str) -> list[dict[str, Any]]:
            frame = getattr(done, name)
            return [
                {"row": int(row), "id": one, "reason": reason, "found": found,
                 "text": text(reason, language, found=found)}
                for _, row, one, reason, found in frame.itertuples(index=False)
            ]  # fmt: skip

        layout = done.table.layout
        return {
            "header_row": layout.header_row if layout else 1,
            "sheet": layout.sheet if layout else "",
            "encoding": layout.encoding if layout else "",
            "columns": {field: _listed(names) for field, names in done.mapping.columns.items()},
            "datum": done.mapping.datum,
            "counts": done.counts,
            "excluded": rows("excluded"),
            "repaired": rows("repaired"),
            "remarks": rows("remarks"),
            "notices": [one.text(language) for one in done.notices],
            "files": [str(one) for one in self.written],
        }


def run_import(job: ImportJob, *, suggest_datum: SuggestDatum | None = None) -> ImportResult:
    """Do an import; each file is written whole or not at all, the accepted rows last.

    Raises
    ------
    InputError
        If the file, the mapping or the project cannot be used, or a file cannot be written.
    """
    faults = []
    mapping, territory = TableMapping(), None
    out = job.out or job.file.with_name(f"{_stem(job.file)}.clean.csv")
    report = job.faults or job.file.with_name(f"{_stem(job.file)}.faults.xlsx")
    if out.suffix.lower() not in SUFFIXES:
        faults.append(fault("tables.out_unknown", out, known=", ".join(SUFFIXES)))
    if report.suffix.lower() != ".xlsx":
        faults.append(fault("tables.out_unknown", report, known=".xlsx"))
    kept = {one.resolve() for one in (job.file, job.project, job.mapping) if one}
    faults += [
        fault("tables.same_file", path)
        for path in (out, report, report.with_suffix(".csv"))
        if path.resolve() in kept or (path is not out and path.resolve() == out.resolve())
    ]
    try:
        if job.mapping:
            mapping = read_mapping(job.mapping)
    except InputError as error:
        faults += error.faults
    try:
        if job.project:
            territory = _territory(job.project)
    except InputError as error:
        faults += error.faults
    if faults:
        raise InputError(*faults)
    if job.settings:
        given = job.settings.model_dump(exclude_none=True, exclude_defaults=True)
        mapping = mapping.model_copy(update=given)
    done = import_table(
        job.file, kind=job.kind, mapping=mapping, territory=territory, suggest_datum=suggest_datum
    )
    if job.preview:
        return ImportResult(done, (), preview=True)
    written: list[Path] = []
    if len(done.excluded) or len(done.repaired) or len(done.remarks):
        written += fault_report.write(
            report, done.table, done.excluded, done.repaired,
            remarks=done.remarks, language=job.language,
        )  # fmt: skip
    if job.save_mapping:
        save_mapping(job.save_mapping, done.mapping)
        written.append(job.save_mapping)
    write_clean(out, done)
    return ImportResult(done, (out, *written), preview=False)


def _territory(project: Path) -> Boundary:
    """Return the boundary of a project; its tables need not be there yet."""
    section = read_project(project).territory
    path = project.parent / section.boundary
    if not path.is_file():
        key = "[territory] boundary"
        raise InputError(fault("world.named_file_missing", section.boundary, key=key, tried=path))
    return read_boundary(path, datum=section.datum)


def _listed(names: str | tuple[str, ...]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").rpartition(".")[0] or path.name
