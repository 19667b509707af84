"""The settings of the program: read once at the edge, handed down from there."""

from __future__ import annotations

import tomllib
from pathlib import Path

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gridmap.catalogue import Language
from gridmap.errors import InputError, fault


def _default_database() -> str:
    return f"sqlite:///{(user_data_path('gridmap') / 'gridmap.db').as_posix()}"


def _default_cache() -> Path:
    return user_cache_path("gridmap")


class Settings(BaseSettings):
    """Settings from ``GRIDMAP_*`` variables and from ``gridmap.toml`` in the working folder.

    Attributes
    ----------
    database_url
        Where scenarios are kept: ``sqlite:///…`` or ``postgresql+psycopg://…``.
    host, port
        Address of the dashboard.
    basemaps
        Folder of the offline basemaps (PMTiles) shown under the plans; None = beside the
        database file.
    cache_dir
        Folder of the networks that are ready for use; None (an empty text) = keep none.
    cache_mb
        Megabytes that these may take; those not used for longest go first.
    executor
        Where the cells of a plan are worked on: ``serial``, ``threads``, ``processes``, or the
        address of a Dask scheduler such as ``tcp://host:8786``.
    language
        Language of the command line and of pages opened for the first time.
    """

    model_config = SettingsConfigDict(
        env_prefix="GRIDMAP_", toml_file="gridmap.toml", extra="forbid", frozen=True
    )

    database_url: str = Field(default_factory=_default_database)
    host: str = "127.0.0.1"
    port: int = Field(default=8050, ge=1, le=65535)
    basemaps: Path | None = None
    cache_dir: Path | None = Field(default_factory=_default_cache)
    cache_mb: int = Field(default=5000, ge=1)
    executor: str = "threads"
    language: Language = "en"

    @field_validator("cache_dir", mode="before")
    @classmethod
    def _empty_is_off(cls, value: object) -> object:
        return None if value == "" else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before environment before ``gridmap.toml``."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def read_settings() -> Settings:
    """Return the settings, or say all that is wrong with them.

    Raises
    ------
    InputError
        If a value cannot be used, or the file cannot be read.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise InputError(
            *(
                fault(
                    "cli.bad_setting",
                    ".".join(str(part) for part in one["loc"]),
                    found=one.get("input", ""),
                    expected=one["msg"],
                )
                for one in error.errors()
            )
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(fault("cli.bad_settings_file", reason=error)) from error
