"""A person signs in on a phone and leaves; a session that ends leads to the form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gridmap.store.accounts import Grant
from gridmap.store.people import People
from gridmap.store.roles import Role
from tests.browser.acting import fill, press, wait_for
from tests.dashboards.signed import OPERATOR, PASSWORD, app_with, people_with
from tools.browser import PHONE, chromium, served, settled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    grant = Grant(Role.PLANNER, everywhere=True)
    return people_with(tmp_path_factory.mktemp("people"), li=grant)


@pytest.fixture(scope="module")
def address(people: People) -> Iterator[str]:
    with served(app_with(people).server) as where:
        yield where


@pytest.fixture(scope="module")
def phone() -> Iterator[Any]:
    with chromium(PHONE) as browser:
        yield browser


def wait_for_form(phone: Any) -> None:
    wait_for(phone, "return document.querySelector('[name=password]') !== null")


def fill_in(phone: Any, password: str) -> None:
    fill(phone, "[name=name]", "li")
    fill(phone, "[name=password]", password)
    press(phone, "form button")


def test_a_person_signs_in_and_leaves(phone: Any, address: str, people: People) -> None:
    phone.get(f"{address}/cell?lang=en")
    wait_for_form(phone)
    wide = "return document.documentElement.scrollWidth - window.innerWidth"
    assert phone.execute_script(wide) <= 0
    fill_in(phone, "not the password")
    wait_for(phone, "return document.querySelector('[role=alert]') !== null")
    fill_in(phone, PASSWORD)
    settled(phone)
    assert "/cell" in phone.current_url
    assert "gridmap_session" not in phone.execute_script("return document.cookie")
    assert phone.execute_script(wide) <= 0
    press(phone, "form[action='/sign-out'] button")
    wait_for_form(phone)
    phone.get(f"{address}/cell")
    wait_for_form(phone)

    fill_in(phone, PASSWORD)
    settled(phone)
    # an administrator signs everybody of that name out: the open page leads to the form by itself
    people.accounts.set_password(OPERATOR, "li", PASSWORD)
    wait_for_form(phone)
    assert "next=" in phone.current_url
