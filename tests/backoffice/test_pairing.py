"""Pairing at the database: two tills at one moment, and a journal that another account holds."""

import threading

import pytest

from appliance.wire import PairRequest
from backoffice.accounts import create_account
from backoffice.pairing import CODE_LIFETIME, Paired, PairingRefused, make_code, pair
from tests.backoffice.house import PASSWORD, Office
from tests.journals import MORNING, TillJournal

TILLS = 4


def request_of(journal: TillJournal, code: str, *, id_pokl: str = "1", account: str = "") -> PairRequest:
    return PairRequest(
        code=code, till_id=journal.till_id, prefix="P1", id_pokl=id_pokl, name=journal.name, account=account
    )  # fmt: skip


def test_of_two_tills_with_one_prefix_at_one_moment_one_is_told_that_it_is_taken(office: Office) -> None:
    codes = [make_code(office.tables, office.account_id, now=MORNING) for _ in range(TILLS)]
    together = threading.Barrier(TILLS)
    outcomes: list[str] = []

    def try_to_pair(n: int) -> None:
        together.wait(30)
        try:
            pair(office.tables, request_of(TillJournal(seed=n + 1), codes[n], id_pokl=str(n)), now=MORNING)
            outcomes.append("paired")
        except PairingRefused as refused:
            outcomes.append(refused.code)
        except Exception as error:  # noqa: BLE001  # what would be a 500
            outcomes.append(repr(error))

    threads = [threading.Thread(target=try_to_pair, args=(n,)) for n in range(TILLS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["paired"] + ["prefix_taken"] * (TILLS - 1)


def test_a_journal_held_by_another_account_is_refused_and_the_code_stays_good(office: Office) -> None:
    journal = TillJournal()
    code = make_code(office.tables, office.account_id, now=MORNING)
    with pytest.raises(PairingRefused, match="till_of_other_account"):
        pair(office.tables, request_of(journal, code, account="jiny@obchod.cz"), now=MORNING)
    paired = pair(office.tables, request_of(journal, code, account=" Majitel@Obchod.cz "), now=MORNING)
    assert isinstance(paired, Paired)
    assert paired.account == "majitel@obchod.cz"


def test_a_replacement_code_is_good_once_in_time_and_only_for_a_till_of_its_account(office: Office) -> None:
    journal, device = TillJournal(), TillJournal(seed=2)
    office.place(journal)
    code = make_code(office.tables, office.account_id, now=MORNING, replaces=journal.till_id)
    request = request_of(device, code).model_copy(update={"fresh": True})
    with pytest.raises(PairingRefused, match="code_invalid"):
        pair(office.tables, request, now=MORNING + CODE_LIFETIME)
    assert pair(office.tables, request, now=MORNING).takeover is not None
    with pytest.raises(PairingRefused, match="code_invalid"):
        pair(office.tables, request, now=MORNING)
    other = create_account(office.tables, email="jiny@obchod.cz", password=PASSWORD, now=MORNING)
    foreign = make_code(office.tables, other, now=MORNING, replaces=journal.till_id)
    with pytest.raises(PairingRefused, match="till_unknown"):
        pair(office.tables, request.model_copy(update={"code": foreign}), now=MORNING)
