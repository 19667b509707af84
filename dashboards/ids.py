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
    SHADE = "cells-shade"
    SHADE_LEGEND = "cells-shade-legend"
    ALERTS = "cells-alerts"


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
    TOOLS = "routes-tools"
    TOLD = "routes-told"
    BALANCE = "routes-balance"
    LOAD = "routes-load"
    OF_CELL = "routes-of-cell"
    PLAYER = "routes-player"
    WALK = "routes-walk"
    MENU = "routes-menu"
    CHOICES = "routes-choices"
    ASKED = "routes-asked"
    COSTS = "routes-costs"
    WISH = "routes-wish"
    SEEN = "routes-seen"
    CHANGED = "routes-changed"
    JOB = "routes-job"
    JOB_TICK = "routes-job-tick"
    JOB_PANEL = "routes-job-panel"
    READ = "routes-read"
    UPLOAD = "routes-upload"
    START = "routes-start"


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


class People(StrEnum):
    """Accounts, the audit, and who saw contacts."""

    TABS = "people-tabs"
    TABLE = "people-table"
    TITLE = "people-title"
    NAME = "people-name"
    ROLE = "people-role"
    EVERYWHERE = "people-everywhere"
    TERRITORIES = "people-territories"
    REGIONS = "people-regions"
    CELLS = "people-cells"
    ADD = "people-add"
    SAVE = "people-save"
    RESET = "people-reset"
    DISABLE = "people-disable"
    END = "people-end"
    NEW = "people-new"
    SAID = "people-said"
    SHOWN_ONCE = "people-shown-once"
    TOKENS = "people-tokens"
    PROGRAM_FORM = "people-program-form"
    PROGRAM_LABEL = "people-program-label"
    PROGRAM_DAYS = "people-program-days"
    PROGRAM_ROLE = "people-program-role"
    PROGRAM_TERRITORIES = "people-program-territories"
    PROGRAM = "people-program"


class Audit(StrEnum):
    """The audit on the page of people."""

    BADGE = "audit-badge"
    ACTOR = "audit-actor"
    ACTION = "audit-action"
    SCENARIO = "audit-scenario"
    SINCE = "audit-since"
    UNTIL = "audit-until"
    COUNT = "audit-count"
    TABLE = "audit-table"
    CONTACTS = "audit-contacts"


class Own(StrEnum):
    """The account of whoever is signed in."""

    OLD = "own-old"
    NEW = "own-new"
    AGAIN = "own-again"
    CHANGE = "own-change"
    SESSIONS = "own-sessions"
    END_SESSIONS = "own-end-sessions"
    TOKENS = "own-tokens"
    PROGRAM = "own-program"
    END_PROGRAM = "own-end-program"
    SAID = "own-said"


class Help(StrEnum):
    """Words, tasks and keys."""

    PAGE = "help-page"
    SEARCH = "help-search"
    NOTHING = "help-nothing"


class PlanIds(StrEnum):
    """All plans: list, acts, comparison, challenges."""

    BODY = "plans-body"
    SHOWN = "plans-shown"
    DONE = "plans-done"
    OPEN = "plans-open"
    ROUTE = "plans-route"
    SUBMIT = "plans-submit"
    SEND_BACK = "plans-send-back"
    PUBLISH = "plans-publish"
    ARCHIVE = "plans-archive"
    ROLL_BACK = "plans-roll-back"
    DIALOG = "plans-dialog"
    ACT = "plans-act"
    ASKING = "plans-asking"
    SENDING = "plans-sending"
    ANSWERING = "plans-answering"
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
    HANDING = "plans-handing"
    HAND_CELL = "plans-hand-cell"
    HAND_PERSON = "plans-hand-person"
    HAND_DAY = "plans-hand-day"
    HAND_NOTE = "plans-hand-note"
    HAND_OVER = "plans-hand-over"
    VACATE = "plans-vacate"
    HAND_SAID = "plans-hand-said"


class Figures(StrEnum):
    """On the page of plans: the figures of the cells before and after."""

    KIND = "figures-kind"
    BEFORE = "figures-before"
    AFTER = "figures-after"
    BORDERS = "figures-borders"
    TOUCHED = "figures-touched"
    GO = "figures-go"
    ASKED = "figures-asked"
    SEEN = "figures-seen"
    TOLD = "figures-told"
    METRIC = "figures-metric"
    CHART = "figures-chart"
    ROWS = "figures-rows"
    FOUND = "figures-found"
