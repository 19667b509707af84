"""A person signs in on a phone and leaves; a session that ends leads to the form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from gridmap.store.accounts import Grant
from gridmap.store.people import People
from gridmap.store.roles import Role
from tests.dashboards.signed import OPERATOR, PASSWORD, app_with, people_with
from tools.browser import PHONE, WAIT_S, chromium, served, settled

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
    WebDriverWait(phone, WAIT_S).until(lambda one: one.find_elements(By.NAME, "password"))


def fill_in(phone: Any, password: str) -> None:
    phone.find_element(By.NAME, "name").send_keys("li")
    phone.find_element(By.NAME, "password").send_keys(password)
    phone.find_element(By.CSS_SELECTOR, "form button").click()


def test_a_person_signs_in_and_leaves(phone: Any, address: str, people: People) -> None:
    phone.get(f"{address}/cell?lang=en")
    wait_for_form(phone)
    wide = "return document.documentElement.scrollWidth - window.innerWidth"
    assert phone.execute_script(wide) <= 0
    fill_in(phone, "not the password")
    WebDriverWait(phone, WAIT_S).until(
        lambda one: one.find_elements(By.CSS_SELECTOR, "[role=alert]")
    )
    fill_in(phone, PASSWORD)
    settled(phone)
    assert "/cell" in phone.current_url
    assert "gridmap_session" not in phone.execute_script("return document.cookie")
    assert phone.execute_script(wide) <= 0
    phone.find_element(By.CSS_SELECTOR, "form[action='/sign-out'] button").click()
    wait_for_form(phone)
    phone.get(f"{address}/cell")
    wait_for_form(phone)

    fill_in(phone, PASSWORD)
    settled(phone)
    # an administrator signs everybody of that name out: the open page leads to the form by itself
    people.accounts.set_password(OPERATOR, "li", PASSWORD)
    wait_for_form(phone)
    assert "next=" in phone.current_url
