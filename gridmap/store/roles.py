"""Who may do what: five roles and the permissions each of them carries."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person is to a territory; the words are those of the glossary."""

    VIEWER = "viewer"
    GRID_MANAGER = "grid_manager"
    PLANNER = "planner"
    REGIONAL_MANAGER = "regional_manager"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that a role may or may not do within its scope."""

    READ = "read"
    EXPORT = "export"
    READ_CONTACTS = "read_contacts"
    CHALLENGE = "challenge"
    EDIT = "edit"
    PLAN = "plan"
    IMPORT = "import"
    PUBLISH = "publish"
    ADMINISTER = "administer"


_READER = frozenset({Permission.READ, Permission.EXPORT})
_MANAGER = _READER | {Permission.READ_CONTACTS, Permission.CHALLENGE}
_PLANNER = _MANAGER | {Permission.EDIT, Permission.PLAN, Permission.IMPORT}
_REGIONAL = _PLANNER | {Permission.PUBLISH}

#: Permissions of each role; a role can do all that the one before it can.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _READER,
    Role.GRID_MANAGER: _MANAGER,
    Role.PLANNER: _PLANNER,
    Role.REGIONAL_MANAGER: _REGIONAL,
    Role.ADMIN: _REGIONAL | {Permission.ADMINISTER},
}
