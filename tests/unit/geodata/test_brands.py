"""Operators from names: what counts as a name, and what is left to the user."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest

from geodata.brand_names import dictionary, groups_of, says_little, words_of
from geodata.brands import look_up, match_operators

FOOD, FUEL, BANK, PHONE = "shop=supermarket", "amenity=fuel", "amenity=bank", "shop=mobile_phone"


def match(*rows: tuple[str, str, str], **options: object) -> pd.DataFrame:
    """Rows of (name, operator of the file, kind)."""
    names, operators, kinds = (list(one) for one in zip(*rows, strict=True))
    options.setdefault("dictionary", dictionary())
    return match_operators(names, operators, kinds, **options)  # type: ignore[arg-type]


def operator(name: str, kind: str) -> str:
    return look_up(name, kind, dictionary()).operator


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("R-Kioski", ("r", "kioski")),
        ("Ｒ‐ＫＩＯＳＫＩ", ("r", "kioski")),
        ("Sainsbury’s Local", ("sainsburys", "local")),
        ("Café Élan", ("cafe", "elan")),
        ("中国移动5G厅", ("中", "国", "移", "动", "5g", "厅")),
        ("7-Eleven", ("7", "eleven")),
        ("ドコモショップ", tuple("ドコモショップ")),
        ("", ()),
    ],
)
def test_words(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("Shell Service Station", FUEL, "Shell"),
        ("Newport Shell", FUEL, "Shell"),
        ("Shelley's Garage", FUEL, ""),
        ("Seashell", FUEL, ""),
        ("Shell", "amenity=pub", ""),
        ("中国农业银行南京分行", BANK, "中国农业银行"),
        ("农业银行自助银行", BANK, "中国农业银行"),
        ("农行", BANK, "中国农业银行"),
        ("中国银行", BANK, "中国银行"),
        ("中石化第12加油站", FUEL, "中国石化"),
        ("Supermarket", FOOD, ""),
        ("Farmàcia del Pas", "amenity=pharmacy", ""),
        ("Nisa Local", "shop=convenience", "Nisa Local"),
    ],
)
def test_whole_words_of_the_right_kind(name: str, kind: str, expected: str) -> None:
    assert operator(name, kind) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("中国移动(中山路营业厅)", "中国移动"),
        ("移动营业厅", "中国移动"),
        ("CMCC 5G体验店", "中国移动"),
        ("China Mobile Nanjing", "中国移动"),
        ("联通沃店", "中国联通"),
        ("沃家手机", "中国联通"),
        ("中国联通", "中国联通"),
        ("电信天翼营业厅", "中国电信"),
        ("中国电信合作营业厅", "中国电信"),
        ("广电网络营业厅", "中国广电"),
        ("中國移動", ""),
    ],
)
@pytest.mark.parametrize("kind", ["营业厅", "手机店", PHONE])
def test_telecom_operators_of_china(name: str, expected: str, kind: str) -> None:
    assert operator(name, kind) == expected


def test_short_chinese_names_need_the_kind() -> None:
    # 移动 is also “mobile”: a dealer in cabins is no telecom shop.
    assert operator("移动板房", "营业厅") == "中国移动"
    assert operator("移动板房", "") == ""
    assert operator("移动板房", "shop=trade") == ""
    assert operator("移动营业厅", "") == "中国移动"


def test_several_operators_are_left_to_the_user() -> None:
    found = look_up("移动联通电信手机卖场", "手机店", dictionary())
    assert (found.operator, found.certainty) == ("", "")
    assert set(found.candidates) == {"中国移动", "中国联通", "中国电信"}
    inside = look_up("Old Shell House Garage", FUEL, dictionary())
    assert (inside.operator, inside.candidates) == ("", ("Shell",))


def test_everyday_words_count_as_a_whole_name_only() -> None:
    assert operator("Power", "shop=electronics") != ""
    assert operator("Power Up Electronics", "shop=electronics") == ""
    assert says_little(("food", "market")) and not says_little(("spar", "market"))


def test_rules_win_then_the_file_then_patterns_then_the_dictionary() -> None:
    table = match(
        ("Shell A", "BP", FUEL),
        ("Shell B", "BP", FUEL),
        ("Own Shell", "", FUEL),
        ("Shell D", "", FUEL),
        ("Nobody", "", FUEL),
        rules={"Mine": ["Shell A"]},
        patterns=["^Own"],
    )
    assert table["operator"].tolist() == ["Mine", "BP", "Own", "Shell", ""]
    assert table["source"].tolist() == ["rule", "file", "pattern", "dictionary", ""]
    assert table["found"].tolist() == ["Shell A", "BP", "Own", "shell", ""]
    assert table["certainty"].tolist() == ["sure", "sure", "likely", "likely", ""]
    without = match(("Shell D", "", FUEL), dictionary=None)
    assert without["operator"].tolist() == [""]


def test_the_spelling_of_the_file_is_kept_for_what_the_dictionary_finds() -> None:
    table = match(("农行", "", BANK), ("a", "农业银行", BANK), ("b", "农业银行", BANK))
    assert table["operator"].tolist() == ["农业银行"] * 3


def test_spellings_of_the_file_are_joined_if_asked_for() -> None:
    rows = (
        ("a", "农业银行", BANK), ("b", "中国农业银行", BANK), ("c", "中国农业银行", BANK),
        ("d", "联通", PHONE), ("e", "中国联通", PHONE), ("f", "中国联通", PHONE),
        ("g", "R-Kioski", "shop=kiosk"), ("h", "R-kioski", "shop=kiosk"), ("i", "R-kioski", ""),
    )  # fmt: skip
    joined = match(*rows, merge=True)["operator"].tolist()
    assert joined == ["中国农业银行"] * 3 + ["中国联通"] * 3 + ["R-kioski"] * 3
    kept = match(*rows)["operator"].tolist()
    assert kept[:4] == ["农业银行", "中国农业银行", "中国农业银行", "联通"]
    # A rule of the project that says 联通 at the beginning must go on to fit.
    safe = match(*rows, merge=True, patterns=["^联通"])["operator"].tolist()
    assert safe[3:6] == ["联通", "中国联通", "中国联通"]


def test_countries_narrow_the_dictionary_down() -> None:
    assert operator("Supermarket ABC", FOOD) != ""
    british = dictionary(frozenset({"gb"}))
    assert look_up("Supermarket ABC", FOOD, british).operator == ""
    assert look_up("Tesco Express", FOOD, british).operator.startswith("Tesco")
    assert look_up("中国移动", PHONE, british).operator == ""


def test_kinds() -> None:
    assert groups_of("AMENITY=Fuel") == groups_of("加油站") == {"fuel"}
    assert groups_of("amenity=pub") == frozenset()
    assert groups_of("shop=yes") is None and groups_of("") is None and groups_of("旗舰") is None


def test_fifty_thousand_names_take_no_two_seconds() -> None:
    names = [f"{n} 中国移动通信第{n % 77}营业厅" if n % 2 else f"Shell {n}" for n in range(50_000)]
    start = time.process_time()
    table = match_operators(
        names, [""] * 50_000, ["营业厅", FUEL] * 25_000, dictionary=dictionary()
    )
    assert time.process_time() - start < 2.0
    assert len(table) == 50_000


def test_the_licence_of_the_dictionary_travels_with_it() -> None:
    folder = Path(__file__).parents[3] / "geodata/data/brands"
    licence = (folder / "LICENSE-name-suggestion-index.md").read_text(encoding="utf-8")
    assert "BSD 3-Clause" in licence and "name-suggestion-index contributors" in licence
    assert (folder / "brands.csv.gz").stat().st_size <= 250_000
