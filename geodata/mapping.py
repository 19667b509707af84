"""How the tables of one organisation are to be read: kept in a file and applied by name."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geodata.headers import Kind, usual_names
from geodata.safe_files import written
from geodata.text_files import decode
from gridmap.datum import Datum
from gridmap.errors import Fault, InputError, fault

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class TableMapping(BaseModel):
    """How a table is to be read; whatever is not said is found out.

    `columns` names the column of a field, or several of which the first that is not empty counts;
    the empty text says that the table has none. `values` gives the values of a field other names
    (status: open or closed). `normalise_shares` makes the shares of each group add up to 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    datum: Datum | None = None
    encoding: str = ""
    sheet: str = ""
    normalise_shares: bool = False

    def faults(self, kind: Kind, where: str) -> list[Fault]:
        """Return what in this mapping is no field of a kind of table."""
        known = usual_names(kind)
        listed = ", ".join(known)
        faults = [
            fault("tables.field_unknown", where, section=section, field=field, known=listed)
            for section, fields in (("columns", self.columns), ("values", self.values))
            for field in fields
            if field not in known
        ]
        return faults + [
            fault("tables.status_unknown", where, word=word, found=state)
            for word, state in self.values.get("status", {}).items()
            if state not in {"open", "closed"}
        ]


def read_mapping(path: Path) -> TableMapping:
    """Read a mapping from its TOML file.

    Raises
    ------
    InputError
        If it is missing or no TOML, or with every key that is unknown or wrong.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(fault("world.file_missing", path))
    try:
        return TableMapping.model_validate(tomllib.loads(decode(path.read_bytes())))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(fault("world.not_toml", path, reason=error)) from error
    except ValidationError as error:
        raise InputError(
            *(
                fault("world.key_unknown", where, known=", ".join(TableMapping.model_fields))
                if one["type"] == "extra_forbidden"
                else fault("world.key_wrong", where, found=repr(one["input"]), reason=one["msg"])
                for one in error.errors()
                for where in [f"{path.name} [{'.'.join(str(part) for part in one['loc'][:2])}]"]
            )
        ) from error


def save_mapping(path: Path, mapping: TableMapping) -> None:
    """Write a mapping as TOML, whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    with written(path) as temporary:
        temporary.write_text(_toml(mapping), encoding="utf-8")


def _toml(mapping: TableMapping) -> str:
    content = mapping.model_dump(exclude_none=True)
    lines = [
        f"{key} = {_value(value)}"
        for key, value in content.items()
        if not isinstance(value, Mapping) and value not in ("", False)
    ]
    tables: dict[str, Mapping[str, object]] = {"columns": mapping.columns}
    tables |= {f"values.{field}": words for field, words in mapping.values.items()}
    for name, entries in tables.items():
        if entries:
            lines += [
                "",
                f"[{name}]",
                *(f"{_key(one)} = {_value(entries[one])}" for one in entries),
            ]
    return "\n".join(lines).strip() + "\n"


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    # A text or a list of texts is written the same way in JSON and in TOML.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
