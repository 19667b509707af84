"""The settings of the program: read once at the edge, handed down from there."""

from __future__ import annotations

import secrets
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gridmap.catalogue import Language
from gridmap.errors import InputError, fault

if TYPE_CHECKING:
    from gridmap.store.sessions import SessionLimits


#: Shorter secret keys can be guessed.
LEAST_SECRET_CHARACTERS = 32


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
    public_url
        Address by which browsers reach the service through a server with https before it.
    trusted_proxies
        Servers before the service that add the caller's address to ``X-Forwarded-For``.
    four_eyes
        Whether nobody may publish a plan that they made or edited themselves.
    session_idle_minutes, session_hours
        How long people stay signed in: since they last used the service, and in all.
    secret_key, secret_key_file
        Signs what a browser carries to the other service at which people sign in, and back; all
        workers need the same.
    oidc_issuer, oidc_client_id, oidc_client_secret, oidc_client_secret_file
        The service at which people sign in by OpenID Connect, and what it knows us by.
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
    public_url: str = ""
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    four_eyes: bool = False
    session_idle_minutes: int = Field(default=60, ge=1, le=24 * 60)
    session_hours: int = Field(default=12, ge=1, le=31 * 24)
    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_client_secret_file: Path | None = None

    @field_validator("cache_dir", mode="before")
    @classmethod
    def _empty_is_off(cls, value: object) -> object:
        return None if value == "" else value

    def session_limits(self) -> SessionLimits:
        """Return how long people stay signed in."""
        from gridmap.store.sessions import SessionLimits

        return SessionLimits(
            idle=timedelta(minutes=self.session_idle_minutes),
            absolute=timedelta(hours=self.session_hours),
        )

    def secret(self, *, workers: int) -> str:
        """Return the secret key, or a new one for a single worker that has none.

        Raises
        ------
        InputError
            If the file cannot be read, the key is short, or several workers have none in common.
        """
        given = "" if self.secret_key is None else self.secret_key.get_secret_value()
        given = given or _content(self.secret_key_file)
        if not given and workers > 1:
            raise InputError(fault("cli.secret_missing", "GRIDMAP_SECRET_KEY", workers=workers))
        if given and len(given) < LEAST_SECRET_CHARACTERS:
            raise InputError(
                fault("cli.secret_short", "GRIDMAP_SECRET_KEY", least=LEAST_SECRET_CHARACTERS)
            )
        return given or secrets.token_urlsafe(32)

    def oidc(self) -> tuple[str, str, str] | None:
        """Return issuer, id and secret of the service at which people sign in, if there is one.

        Raises
        ------
        InputError
            If some of the three are missing, or the issuer is no address with https.
        """
        kept = "" if self.oidc_client_secret is None else self.oidc_client_secret.get_secret_value()
        given = {
            "oidc_issuer": self.oidc_issuer,
            "oidc_client_id": self.oidc_client_id,
            "oidc_client_secret": kept or _content(self.oidc_client_secret_file),
        }
        if not any(given.values()):
            return None
        if missing := [name for name, value in given.items() if not value]:
            raise InputError(fault("people.oidc_incomplete", "oidc", missing=", ".join(missing)))
        parts = urlsplit(self.oidc_issuer)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise InputError(fault("people.oidc_issuer", self.oidc_issuer))
        return self.oidc_issuer, given["oidc_client_id"], given["oidc_client_secret"]

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


def _content(file: Path | None) -> str:
    """Return the secret in a file; without a file an empty text."""
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(fault("cli.secret_unreadable", str(file), reason=error)) from error


def read_settings() -> Settings:
    """Return the settings, with all that is wrong in them at once.

    Raises
    ------
    InputError
        If a setting cannot be one, or ``gridmap.toml`` is no TOML.
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
