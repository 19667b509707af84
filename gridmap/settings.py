"""The settings of the program: read once at the edge, handed down from there."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gridmap.catalogue import Language


def _default_database() -> str:
    return f"sqlite:///{(user_data_path('gridmap') / 'gridmap.db').as_posix()}"


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
    language: Language = "en"

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
