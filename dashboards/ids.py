"""Every id of the pages, one enumeration a page."""

from enum import StrEnum


class App(StrEnum):
    """The shell around the pages."""

    URL = "app-url"
    THEME = "app-theme"
    DARK = "app-dark"
    DARK_BUTTON = "app-dark-button"
    HEADER = "app-header"
    SCENARIO = "app-scenario"
    CONTENT = "app-content"
    FRAME = "app-frame"
    SELECTION = "app-selection"
    RUNS = "app-runs"


class Cells(StrEnum):
    """Map, balance and table of all cells."""

    MAP = "cells-map"
    LAYERS = "cells-layers"
    WORKLOAD = "cells-workload"
    BALANCE = "cells-balance"
    LEAGUE = "cells-league"
    MOVES = "cells-moves"
    QUADRANT = "cells-quadrant"
    TABLE = "cells-table"
    PREVIEW = "cells-preview"


class Card(StrEnum):
    """One cell."""

    CELL = "card-cell"
    BODY = "card-body"
    OUTLETS = "card-outlets"
    MAP = "card-map"
    LAYERS = "card-layers"
    FINDINGS = "card-findings"
    MORE = "card-more"


class Routes(StrEnum):
    """Cycle calendar and the route of a day."""

    CELL = "routes-cell"
    SUMMARY = "routes-summary"
    CALENDAR = "routes-calendar"
    MAP = "routes-map"
    TIMELINE = "routes-timeline"
    DOWNLOADS = "routes-downloads"


class Editor(StrEnum):
    """The cells of a draft, to be redrawn; or the way to a draft."""

    MAP = "editor-map"
    BALANCE = "editor-balance"
    ASKED = "editor-asked"
    JOB = "editor-job"
    TICK = "editor-tick"
    PROGRESS = "editor-progress"
    CANCEL = "editor-cancel"
    NAME = "editor-name"
    OPEN = "editor-open"
    FAULT = "editor-fault"


class Data(StrEnum):
    """What a territory has, and tables that come in."""

    TERRITORY = "data-territory"
    STATES = "data-states"
    ROWS = "data-rows"
    TABLE = "data-table"
    SETTINGS = "data-settings"
    UPLOAD = "data-upload"
    FOUND = "data-found"
    GO = "data-go"
    IMPORT = "data-import"
    TOLD = "data-told"
    TICK = "data-tick"
    RUNNING = "data-running"
    MAP_PLACE = "data-map-place"


class Jobs(StrEnum):
    """Work in the background."""

    TICK = "jobs-tick"
    LIST = "jobs-list"
    RETRY = "jobs-retry"
    TOLD = "jobs-told"
    KIND = "jobs-kind"
    PLAN = "jobs-plan"
    STATE = "jobs-state"
    SEED = "jobs-seed"
    TOLERANCE = "jobs-tolerance"
    CALLS = "jobs-calls"
    MINUTES = "jobs-minutes"
    SECONDS = "jobs-seconds"
    BEST_EFFORT = "jobs-best-effort"
    FORMATS = "jobs-formats"
    SETTINGS = "jobs-settings"
    FILES = "jobs-files"
    START = "jobs-start"
