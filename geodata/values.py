"""What stands in cells, read as numbers, shares, dates and states.

How a column is written is decided from all its values together, never from one alone: whether a
comma is a decimal one, whether 35 is a percentage, whether the day or the month comes first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
SURE_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3}){2,}(\.\d+)?|[+-]?\d{1,3}(,\d{3})+\.\d+")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
POINT_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
MULTIPLE = re.compile(r"(.+?)\s*(百万|千万|万|亿|千|k)")
MULTIPLES = {"千": 1e3, "k": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}
CURRENCY = re.compile(r"^[¥$€£]\s*|\s*(?:元|户|人|个|台|部|件|张|家|次|单|rmb|cny)$", re.IGNORECASE)
ACCOUNTING = re.compile(r"\(([^()]+)\)")
#: What people write where there is no value.
NOTHING = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "无", "空", "暂无", "未知", "null", "none", "nan",
     "n/a", "na", "nil", "#n/a", "#value!", "#ref!", "#div/0!", "#name?", "#num!", "#null!"}
)  # fmt: skip

#: Days of Excel, which counts from the end of 1899, that may be dates: 1954 to 2119.
FIRST_SERIAL, LAST_SERIAL = 20_000, 80_000
EXCEL_ORIGIN = date(1899, 12, 30)
YEAR_FIRST = re.compile(
    r"(\d{4})\s*[-./年]\s*(\d{1,2})(?:\s*[-./月]\s*(?:(\d{1,2})\s*日?)?)?(?:[T\s].*)?"
)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
YEAR_LAST = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})(?:[T\s].*)?")
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")

OPEN_WORDS = frozenset(
    {"open", "opened", "active", "operating", "normal", "in business", "yes", "1", "正常",
     "营业", "营业中", "在营", "开业", "正常营业", "在用", "启用", "有效", "运营中",
     "已开业", "开店", "存续", "运营"}
)  # fmt: skip
CLOSED_WORDS = frozenset(
    {"closed", "closed down", "shut", "inactive", "terminated", "disused", "no", "0", "关闭",
     "已关闭", "停业", "已停业", "关停", "关店", "已关店", "闭店", "撤销", "已撤销", "注销",
     "已注销", "停用", "已停用", "失效", "退网", "已退网", "清退", "已清退", "撤店", "倒闭",
     "歇业", "永久关闭", "无效", "拆除"}
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Dates:
    """A column of dates.

    Attributes
    ----------
    iso
        Each as ``2024-04-13``; empty where there is none. Shape (n_rows,).
    unread
        Which cells say something that is no date. Shape (n_rows,).
    ambiguous
        Whether day and month could be either; such cells are unread.
    """

    iso: pd.Series[str]
    unread: Bools
    ambiguous: bool


@dataclass(frozen=True, eq=False)
class Shares:
    """A column of shares.

    Attributes
    ----------
    values
        Each from 0 to 1 if it is sensible; NaN where there is none. Shape (n_rows,).
    percent
        Whether numbers without a sign were taken as percentages.
    mixed
        Which numbers without a sign are at most 1 although the column counts in percents.
    """

    values: Floats
    percent: bool
    mixed: Bools


def numbers(text: pd.Series[str], read: Callable[[str], float]) -> Floats:
    """Return the numbers in texts, NaN where there is none. Shape (n,).

    What is no plain number is given to `read`, half-width and without blanks around it.
    """
    found = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    for at in np.flatnonzero(~np.isfinite(found) & (text != "").to_numpy()):
        found[at] = read(half_width(text.iloc[at]))
    found[~np.isfinite(found)] = np.nan
    return found


def half_width(text: str) -> str:
    """Return a text with half-width letters and digits, without blanks around it."""
    return unicodedata.normalize("NFKC", text).strip()


def empty(text: pd.Series[str]) -> Bools:
    """Return which cells say that there is no value. Shape (n,)."""
    return text.str.casefold().isin(NOTHING).to_numpy(dtype=bool)


def plain_number(text: str) -> float:
    """Return the number a text is, NaN if it is none."""
    return float(text) if NUMBER.fullmatch(text) else np.nan


def comma_is_decimal(text: pd.Series[str], *, otherwise: bool = False) -> bool:
    """Return whether a comma before three digits is a decimal one, from all values of a column.

    `otherwise` counts where no value tells: what the rest of the table says.
    """
    commas = [half_width(one) for one in text[text.str.contains("[,，]")]]
    decimal = any(
        (DECIMAL_COMMA.fullmatch(one) and not THOUSANDS.fullmatch(one))
        or (POINT_THOUSANDS.fullmatch(one) and "," in one)
        for one in commas
    )
    thousands = any(SURE_THOUSANDS.fullmatch(one) for one in commas)
    return decimal and not thousands if decimal != thousands else otherwise and not thousands


def read_amounts(
    text: pd.Series[str], *, factor: float = 1.0, decimal_comma: bool = False
) -> Floats:
    """Return amounts such as sales, NaN where there is none to read. Shape (n_rows,).

    Parameters
    ----------
    text
        Cells such as 1200, 1,200, ¥1200, 1.2万, (1200) or １２００.
    factor
        What the name of the column multiplies by; a cell with a multiple of its own is left.
    decimal_comma
        What a comma is where the column itself does not tell.
    """
    comma = comma_is_decimal(text, otherwise=decimal_comma)
    found = numbers(text, lambda one: _amount(one, comma=comma))
    if factor != 1.0:
        own = text.str.contains("[万亿千]").to_numpy(dtype=bool)
        found = np.where(own, found, found * factor)
    return found


def read_shares(text: pd.Series[str], *, percent: bool = False) -> Shares:
    """Return shares written as 0.35, 35 or 35 %; `percent` if the column's name says %.

    If any number without a sign is greater than 1, all of them are percentages.
    """
    signed = text.str.contains("[%％]").to_numpy(dtype=bool)
    bare = text.str.replace("[%％]", "", regex=True).str.strip()
    values = numbers(bare, lambda one: _amount(one, comma=comma_is_decimal(bare)))
    unsigned = values[~signed & np.isfinite(values)]
    percent = percent or bool((unsigned > 1.0).any())
    mixed = ~signed & (values > 0.0) & (values <= 1.0) & percent
    scaled = np.where(signed | percent, values / 100.0, values)
    return Shares(scaled, percent, mixed & bool((unsigned > 1.0).any()))


def read_dates(text: pd.Series[str]) -> Dates:
    """Return dates: 2024-04-13, 2024.4.13, 2024年4月13日, 20240413, 13/4/2024 or Excel's 45395."""
    cells = {one: half_width(one) for one in set(text)}
    turned = [match for one in cells.values() if (match := YEAR_LAST.fullmatch(one))]
    day_first = any(int(one[1]) > 12 for one in turned)
    month_first = any(int(one[2]) > 12 for one in turned)
    order = "" if day_first == month_first else "dmy" if day_first else "mdy"
    found = {raw: _date(one, order) for raw, one in cells.items()}
    iso = text.map(found)
    unread = (iso == "").to_numpy() & ~empty(text)
    return Dates(iso, unread, bool(turned) and not order)


def read_status(text: pd.Series[str], words: Mapping[str, str]) -> pd.Series[str]:
    """Return open, closed, or the empty text where the word says neither. Shape (n_rows,).

    Parameters
    ----------
    words
        What the user's own words mean: ``open`` or ``closed``.
    """
    own = {half_width(word).casefold(): state for word, state in words.items()}

    def state(word: str) -> str:
        word = half_width(word).casefold()
        if word in own:
            return own[word]
        return "open" if word in OPEN_WORDS else "closed" if word in CLOSED_WORDS else ""

    return text.map({one: state(one) for one in set(text)})


def _amount(text: str, *, comma: bool) -> float:
    negative = ACCOUNTING.fullmatch(text)
    if negative:
        return -_amount(negative[1], comma=comma)
    text = CURRENCY.sub("", text).strip()
    multiple = MULTIPLE.fullmatch(text.casefold())
    if multiple:
        return _amount(multiple[1], comma=comma) * MULTIPLES[multiple[2]]
    if THOUSANDS.fullmatch(text) and not (comma and DECIMAL_COMMA.fullmatch(text)):
        return plain_number(text.replace(",", ""))
    if comma and POINT_THOUSANDS.fullmatch(text):
        text = text.replace(".", "")
    if DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    return plain_number(text)


def _date(text: str, order: str) -> str:
    match = YEAR_FIRST.fullmatch(text) or COMPACT.fullmatch(text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3] or 1)).isoformat()
        turned = YEAR_LAST.fullmatch(text)
        if turned and order:
            day, month = (turned[1], turned[2]) if order == "dmy" else (turned[2], turned[1])
            return date(int(turned[3]), int(month), int(day)).isoformat()
        if SERIAL.fullmatch(text) and FIRST_SERIAL <= float(text) <= LAST_SERIAL:
            return (EXCEL_ORIGIN + timedelta(days=int(float(text)))).isoformat()
    except ValueError:  # 30 February
        return ""
    return ""
