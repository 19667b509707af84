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


class PlanIds(StrEnum):
    """All plans: list, acts, comparison, challenges."""

    BODY = "plans-body"
    SHOWN = "plans-shown"
    DONE = "plans-done"
    OPEN = "plans-open"
    SUBMIT = "plans-submit"
    SEND_BACK = "plans-send-back"
    PUBLISH = "plans-publish"
    ARCHIVE = "plans-archive"
    ROLL_BACK = "plans-roll-back"
    DIALOG = "plans-dialog"
    ACT = "plans-act"
    ASKED = "plans-asked"
    NAME_ROW = "plans-name-row"
    NAME = "plans-name"
    DAY_ROW = "plans-day-row"
    DAY = "plans-day"
    REASON_ROW = "plans-reason-row"
    REASON = "plans-reason"
    FAULT = "plans-fault"
    CONFIRM = "plans-confirm"
    CANCEL = "plans-cancel"
    OTHER = "plans-other"
    SLIDE = "plans-slide"
    SLIDER = "plans-slider"
    ZOOM = "plans-zoom"
    MOVED = "plans-moved"
    MEASURE = "plans-measure"
    FIGURE = "plans-figure"
    CHALLENGE_CELL = "plans-challenge-cell"
    CHALLENGE_WORDS = "plans-challenge-words"
    CHALLENGE_SEND = "plans-challenge-send"
    CHALLENGE_SAID = "plans-challenge-said"
    ANSWER_WHICH = "plans-answer-which"
    ANSWER_WORDS = "plans-answer-words"
    ACCEPT = "plans-accept"
    REFUSE = "plans-refuse"
    ANSWER_SAID = "plans-answer-said"
