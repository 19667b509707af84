"""Left or right by the place."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.driving_side import BOXES, OUTLINES, drives_left

LEFT = {
    "Newport": (-2.99, 51.58), "Dublin": (-6.26, 53.35), "Dover": (1.31, 51.13),
    "Valletta": (14.51, 35.9), "Nicosia": (33.36, 35.17), "Tokyo": (139.7, 35.68),
    "Naha": (127.68, 26.21), "Fukuoka": (130.4, 33.59), "Sapporo": (141.35, 43.06),
    "Kowloon": (114.17, 22.32), "Yuen Long": (114.03, 22.445), "Macau": (113.55, 22.19),
    "Karachi": (67.0, 24.86), "Lahore": (74.34, 31.55), "Delhi": (77.2, 28.6),
    "Kathmandu": (85.32, 27.7), "Thimphu": (89.64, 27.47), "Dhaka": (90.4, 23.7),
    "Imphal": (93.94, 24.8), "Colombo": (79.86, 6.93), "Male": (73.5, 4.17),
    "Bangkok": (100.5, 13.75), "Chiang Mai": (98.98, 18.79), "Udon Thani": (102.8, 17.4),
    "Kuala Lumpur": (101.7, 3.14), "Singapore": (103.8, 1.35), "Jakarta": (106.85, -6.2),
    "Kota Kinabalu": (116.07, 5.98), "Manado": (124.84, 1.48), "Dili": (125.57, -8.56),
    "Port Moresby": (147.18, -9.44), "Honiara": (159.95, -9.43), "Sydney": (151.2, -33.87),
    "Auckland": (174.76, -36.85), "Suva": (178.44, -18.14), "Nairobi": (36.82, -1.29),
    "Kampala": (32.58, 0.32), "Dodoma": (35.74, -6.17), "Lusaka": (28.28, -15.42),
    "Kitwe": (28.21, -12.82), "Lilongwe": (33.78, -13.97), "Maputo": (32.58, -25.97),
    "Windhoek": (17.08, -22.56), "Johannesburg": (28.05, -26.2), "Cape Town": (18.42, -33.92),
    "Port Louis": (57.5, -20.16), "Kingston": (-76.79, 17.97), "Nassau": (-77.34, 25.05),
    "Georgetown": (-58.16, 6.8), "Paramaribo": (-55.17, 5.83), "Bridgetown": (-59.6, 13.1),
}  # fmt: skip
RIGHT = {
    "Andorra": (1.52, 42.51), "Calais": (1.86, 50.95), "Boulogne": (1.61, 50.73),
    "Cherbourg": (-1.62, 49.64), "Harbin": (126.64, 45.76), "Shenzhen": (114.06, 22.545),
    "Zhuhai": (113.55, 22.26), "Guangzhou": (113.26, 23.13), "Kunming": (102.8, 25.0),
    "Lhasa": (91.1, 29.65), "Taipei": (121.56, 25.04), "Busan": (129.08, 35.18),
    "Yangon": (96.16, 16.87), "Mandalay": (96.08, 21.98), "Vientiane": (102.63, 17.97),
    "Phnom Penh": (104.92, 11.56), "Hanoi": (105.85, 21.03), "Ho Chi Minh": (106.7, 10.78),
    "Manila": (120.98, 14.6), "Zamboanga": (122.08, 6.91), "Puerto Princesa": (118.74, 9.74),
    "Port Vila": (168.32, -17.73), "Noumea": (166.45, -22.27), "Kabul": (69.17, 34.53),
    "Zahedan": (60.86, 29.5), "Luanda": (13.23, -8.84), "Lubumbashi": (27.48, -11.66),
    "Kigali": (30.06, -1.94), "Bujumbura": (29.36, -3.38), "Goma": (29.22, -1.68),
    "Juba": (31.58, 4.85), "Addis Ababa": (38.75, 9.03), "Mogadishu": (45.34, 2.04),
    "Antananarivo": (47.52, -18.88), "Moroni": (43.25, -11.7), "Miami": (-80.19, 25.76),
    "Havana": (-82.38, 23.13), "Holguin": (-76.26, 20.89), "San Juan": (-66.1, 18.46),
    "Philipsburg": (-63.05, 18.03), "Fort-de-France": (-61.07, 14.6), "Caracas": (-66.9, 10.49),
    "Cayenne": (-52.33, 4.93), "Boa Vista": (-60.67, 2.82), "Coquimbo": (-71.34, -29.95),
    "Chicago": (-87.65, 41.88), "Helsinki": (24.94, 60.17),
}  # fmt: skip


@pytest.mark.parametrize("place", LEFT)
def test_left(place: str) -> None:
    assert drives_left(np.array([LEFT[place]]))


@pytest.mark.parametrize("place", RIGHT)
def test_right(place: str) -> None:
    assert not drives_left(np.array([RIGHT[place]]))


def test_the_middle_decides_and_unknown_places_do_not_count() -> None:
    places = [LEFT["Dover"], LEFT["Dover"], RIGHT["Calais"], (np.nan, np.nan)]
    assert drives_left(np.array(places))
    assert not drives_left(np.full((2, 2), np.nan))


def test_outlines_are_outlines() -> None:
    for name, corners in OUTLINES.items():
        assert shapely.Polygon(corners).is_valid, name
    for name, (left, bottom, right, top) in BOXES.items():
        assert left < right and bottom < top, name
