"""Nobody reaches a plan without signing in, and no password goes over the network readable."""

from pathlib import Path

import pytest

from gridmap.admission import Admission, admission
from gridmap.errors import InputError
from gridmap.settings import Settings


@pytest.mark.parametrize(
    ("address", "public_url", "accounts", "expected"),
    [
        ("127.0.0.1", "", False, Admission(sign_in=False)),
        ("::1", "", True, Admission(sign_in=True)),
        ("127.0.0.1", "https://plans.example", True, Admission(True, True, "plans.example")),
        ("0.0.0.0", "https://plans.example:8443/", True, Admission(True, True, "plans.example")),  # noqa: S104
        ("127.0.0.1", "http://localhost:8050", True, Admission(True, False, "localhost")),
        ("0.0.0.0", "", False, "cli.no_accounts"),  # noqa: S104
        ("127.0.0.1", "https://plans.example", False, "cli.no_accounts"),
        ("0.0.0.0", "", True, "cli.no_public_url"),  # noqa: S104
        ("0.0.0.0", "http://plans.example", True, "cli.bad_public_url"),  # noqa: S104
        ("127.0.0.1", "https://plans.example/gridmap", True, "cli.bad_public_url"),
        ("127.0.0.1", "plans.example", True, "cli.bad_public_url"),
    ],
)
def test_admission(
    address: str, public_url: str, accounts: bool, expected: Admission | str
) -> None:
    if isinstance(expected, Admission):
        assert admission(address, public_url=public_url, accounts=accounts) == expected
        return
    with pytest.raises(InputError) as caught:
        admission(address, public_url=public_url, accounts=accounts)
    assert [one.key for one in caught.value.faults] == [expected]


def test_the_secret_key_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    held = tmp_path / "key"
    held.write_text("f" * 32 + "\n")
    monkeypatch.setenv("GRIDMAP_SECRET_KEY_FILE", str(held))
    assert Settings().secret(workers=2) == "f" * 32
    monkeypatch.setenv("GRIDMAP_SECRET_KEY", "e" * 32)
    assert Settings().secret(workers=2) == "e" * 32
    assert "e" * 32 not in repr(Settings())


def test_the_service_elsewhere_is_given_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings().oidc() is None
    monkeypatch.setenv("GRIDMAP_OIDC_CLIENT_ID", "gridmap")
    with pytest.raises(InputError, match="oidc_issuer, oidc_client_secret"):
        Settings().oidc()
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv("GRIDMAP_OIDC_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("GRIDMAP_OIDC_ISSUER", "http://id.example")
    with pytest.raises(InputError, match="https"):
        Settings().oidc()
    monkeypatch.setenv("GRIDMAP_OIDC_ISSUER", "https://id.example")
    assert Settings().oidc() == ("https://id.example", "gridmap", "hush")


def test_several_workers_need_a_good_secret_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(Settings().secret(workers=1)) >= 32
    assert Settings().secret(workers=1) != Settings().secret(workers=1)
    with pytest.raises(InputError, match="2 workers"):
        Settings().secret(workers=2)
    monkeypatch.setenv("GRIDMAP_SECRET_KEY", "short")
    with pytest.raises(InputError, match="guessed"):
        Settings().secret(workers=1)
    monkeypatch.delenv("GRIDMAP_SECRET_KEY")
    monkeypatch.setenv("GRIDMAP_SECRET_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(InputError, match="cannot be read"):
        Settings().secret(workers=1)
