"""The review table of a project: which operator each outlet got, and from what."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from geodata.headers import usual_names
from geodata.outlets import operator_matches
from geodata.project import find_files
from geodata.project_file import OutletsSection, read_project
from geodata.tables import find_columns, read_table
from gridmap.catalogue import Language, text
from gridmap.errors import EngineError, InputError, fault

FIELDS = ("id", "name", "operator", "kind")
#: Kinds of source in the order they are told.
SOURCES = ("rule", "file", "pattern", "dictionary", "")
#: Lines of each part of the printed table.
SHOWN = 20


def review_operators(path: Path, *, data_dir: Path | None = None) -> pd.DataFrame:
    """Return what each outlet of a project matched.

    Parameters
    ----------
    path
        Project file (TOML).
    data_dir
        Folder in which relative files are looked up before the folder of the project file.

    Returns
    -------
    DataFrame
        row (of the file), outlet_id, and the columns of `geodata.brands.match_operators`; first
        the rows in doubt, then by source and operator.

    Raises
    ------
    InputError
        If the project file, a file it names or a column is missing or faulty.
    """
    path = Path(path)
    project = read_project(path)
    files = find_files(project, [*([Path(data_dir)] if data_dir else []), path.parent])
    return review_table(files.outlets, project.outlets)


def review_table(path: Path, section: OutletsSection) -> pd.DataFrame:
    """Return the review of one file of outlets, see `review_operators`."""
    table = read_table(path, sheet=section.sheet, encoding=section.encoding)
    usual = {one: usual_names("outlets")[one] for one in FIELDS}
    given = {one: dict(section.columns)[one] for one in FIELDS}
    columns, faults = find_columns(table, given, usual, ("id",))
    if faults:
        raise InputError(*faults)
    frame = pd.DataFrame({one: table.values(columns[one]) for one in FIELDS})
    found = operator_matches(frame, section)
    found.insert(0, "outlet_id", frame["id"].to_numpy())
    found.insert(0, "row", table.row)
    rank = {source: number for number, source in enumerate(reversed(SOURCES))}
    found = found.assign(
        _doubt=found["candidates"] == "", _rank=found["source"].map(rank).astype("int64")
    )
    order = ["_doubt", "_rank", "operator", "name", "row"]
    found = found.sort_values(order, kind="stable", ignore_index=True)
    return found.drop(columns=["_doubt", "_rank"])


def review_text(review: pd.DataFrame, language: Language) -> str:
    """Return a review for a terminal: how many by source, what is in doubt, what matched what."""
    count = review["source"].value_counts()
    lines = [text("places.operators_head", language, count=len(review))]
    for source in SOURCES:
        name = text(f"places.source_{source or 'none'}", language)
        lines.append(f"  {name}: {int(count.get(source, 0))}")
    doubt = review[review["candidates"] != ""]
    if len(doubt):
        lines.append(text("places.operators_doubt", language, count=len(doubt)))
        columns = ("row", "outlet_id", "name", "candidates")
        shown = (doubt[column].head(SHOWN).tolist() for column in columns)
        for row, outlet_id, name, candidates in zip(*shown, strict=True):
            lines.append(f"  {row} {outlet_id} {name} → {candidates.replace('|', ' / ')}?")
    matched = review[review["source"].isin(["rule", "pattern", "dictionary"])]
    if len(matched):
        lines.append(text("places.operators_matched", language))
        count_of = Counter(
            zip(
                *(matched[column].tolist() for column in ("operator", "found", "source")),
                strict=True,
            )
        )
        for (operator, found, source), times in count_of.most_common(SHOWN):
            name = text(f"places.source_{source}", language)
            lines.append(f"  {operator} ← “{found}” × {times} ({name})")
        if len(count_of) > SHOWN:
            lines.append(text("places.operators_more", language, count=len(count_of) - SHOWN))
    return "\n".join(lines)


def write_review(review: pd.DataFrame, path: Path) -> Path:
    """Write a review as .csv (UTF-8 with a mark that Excel knows) or .xlsx.

    Raises
    ------
    InputError
        If the name ends otherwise.
    EngineError
        If the file cannot be written.
    """
    # A name that a spreadsheet would take for a formula is written as text.
    safe = review.map(lambda one: f"'{one}" if str(one).startswith(("=", "+", "-", "@")) else one)
    try:
        if path.suffix.lower() == ".csv":
            safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
        elif path.suffix.lower() == ".xlsx":
            with pd.ExcelWriter(
                path, engine="xlsxwriter",
                engine_kwargs={"options": {"strings_to_formulas": False, "strings_to_urls": False}},
            ) as book:  # fmt: skip
                review.to_excel(book, index=False, sheet_name="operators", freeze_panes=(1, 0))
        else:
            raise InputError(fault("places.review_format", path))
    except OSError as error:
        raise EngineError(fault("places.review_not_written", path, reason=error)) from error
    return path
