import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2.exceptions import InvalidHashError

from backoffice import accounts
from backoffice.accounts import (
    SESSION_LIFETIME,
    AccountRefused,
    check_password,
    close_session,
    create_account,
    find_session,
    open_session,
    setup_code,
    setup_code_fits,
)
from backoffice.site import Site
from tests.backoffice.house import EMAIL, PASSWORD
from tests.journals import MORNING


def test_the_right_password_opens_the_account_whatever_the_case_of_the_email(site: Site) -> None:
    account_id = create_account(site.tables, email=EMAIL, password=PASSWORD, now=MORNING)
    assert check_password(site.tables, email=f" {EMAIL.upper()} ", password=PASSWORD) == account_id
    assert check_password(site.tables, email=EMAIL, password=PASSWORD + "x") is None
    assert check_password(site.tables, email="nikdo@obchod.cz", password=PASSWORD) is None


@pytest.mark.parametrize(
    ("email", "password", "rule"),
    [
        ("bez zavináče", PASSWORD, "email"),
        ("a b@obchod.cz", PASSWORD, "email"),
        ("@obchod.cz", PASSWORD, "email"),
        (EMAIL, "krátké", "password_short"),
        (EMAIL, "x" * 201, "password_long"),
    ],
)
def test_an_account_needs_an_email_and_a_password_of_some_length(
    site: Site, email: str, password: str, rule: str
) -> None:
    with pytest.raises(AccountRefused) as refused:
        create_account(site.tables, email=email, password=password, now=MORNING)
    assert refused.value.rule == rule


def test_one_email_is_one_account(site: Site) -> None:
    create_account(site.tables, email=EMAIL, password=PASSWORD, now=MORNING)
    with pytest.raises(AccountRefused):
        create_account(site.tables, email=EMAIL.upper(), password=PASSWORD, now=MORNING)


def test_only_the_first_account_can_be_made_by_a_visitor(site: Site) -> None:
    create_account(site.tables, email=EMAIL, password=PASSWORD, now=MORNING, only_first=True)
    with pytest.raises(AccountRefused) as refused:
        create_account(site.tables, email="druhy@obchod.cz", password=PASSWORD, now=MORNING, only_first=True)
    assert refused.value.rule == "taken"


def test_a_session_ends_by_signing_out_or_by_time(site: Site) -> None:
    account_id = create_account(site.tables, email=EMAIL, password=PASSWORD, now=MORNING)
    secret = open_session(site.tables, account_id, now=MORNING)
    session = find_session(site.tables, secret, now=MORNING)
    assert session is not None
    assert (session.account_id, session.email) == (account_id, EMAIL)
    assert find_session(site.tables, secret, now=MORNING + SESSION_LIFETIME) is None
    close_session(site.tables, session)
    assert find_session(site.tables, secret, now=MORNING) is None


def test_sessions_that_have_ended_are_swept_at_the_next_sign_in(site: Site) -> None:
    account_id = create_account(site.tables, email=EMAIL, password=PASSWORD, now=MORNING)
    open_session(site.tables, account_id, now=MORNING)
    open_session(site.tables, account_id, now=MORNING + SESSION_LIFETIME + timedelta(seconds=1))
    with site.tables.reading():
        assert len(site.tables.rows(site.tables.session.select())) == 1


def test_passwords_and_session_secrets_are_not_in_the_database(site: Site) -> None:
    account_id = create_account(site.tables, email=EMAIL, password=PASSWORD, now=MORNING)
    secret = open_session(site.tables, account_id, now=MORNING)
    with site.tables.reading():
        everything = repr([site.tables.rows(t.select()) for t in (site.tables.account, site.tables.session)])
    assert PASSWORD not in everything
    assert secret not in everything


def test_the_setup_code_stays_the_same_until_it_is_used_and_others_cannot_read_it(site: Site) -> None:
    folder = site.settings.data_dir
    code = setup_code(folder)
    assert setup_code(folder) == code
    assert (folder / "setup-code").stat().st_mode & 0o077 == 0
    assert setup_code_fits(folder, f" {code.upper()} ")
    assert not setup_code_fits(folder, "")
    assert not setup_code_fits(folder, code[:-1])


def test_an_empty_file_of_the_setup_code_opens_nothing_and_is_made_anew(site: Site) -> None:
    folder = site.settings.data_dir
    (folder / "setup-code").touch()
    assert not setup_code_fits(folder, "")
    code = setup_code(folder)
    assert len(code) == 16
    assert setup_code_fits(folder, code)


@pytest.mark.parametrize("odd", ["majitel\0@obchod.cz", "majitel\ud800@obchod.cz"])
def test_what_no_database_keeps_is_a_wrong_email_and_a_wrong_password(site: Site, odd: str) -> None:
    create_account(site.tables, email=EMAIL, password=PASSWORD, now=MORNING)
    assert check_password(site.tables, email=odd, password=PASSWORD) is None
    assert check_password(site.tables, email=EMAIL, password=odd) is None
    with pytest.raises(AccountRefused):
        create_account(site.tables, email=odd, password=PASSWORD, now=MORNING)


class CountingHasher:
    """Lets nobody in, and notes how many were at the door together."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def verify(self, _hash: str, _password: str) -> bool:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.02)
        with self._lock:
            self.inside -= 1
        raise InvalidHashError


def test_many_sign_ins_at_once_take_the_memory_of_a_few(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = CountingHasher()
    monkeypatch.setattr(accounts, "_hasher", hasher)
    with ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(check_password, site.tables, email=EMAIL, password=PASSWORD) for _ in range(8)]
        assert [each.result() for each in tries] == [None] * 8
    assert hasher.most <= accounts.HASHED_AT_ONCE_MAX
