from dataclasses import replace

from appliance.domain.fiscal import Dialect
from appliance.domain.money import Money
from appliance.domain.sale import PaymentMethod
from appliance.domain.vat import VatClass, VatStatus
from backoffice.pages.paper import COLUMNS, Fiscal, receipt_paper
from tests.journals import SELLER, TillJournal

WAITING = Fiscal(code="", waiting=True, test=False)


def text_of(journal: TillJournal, fiscal: Fiscal = WAITING) -> str:
    return "\n".join(line.text for line in receipt_paper(journal.receipts[-1], fiscal)).replace("\u00a0", " ")


def test_a_receipt_reads_as_it_was_printed() -> None:
    journal = TillJournal(goods=(("Rohlík tukový", 350, VatClass.REDUCED),), seed=4)
    journal.open_shift()
    receipt = journal.sell(method=PaymentMethod.CASH)
    lines = text_of(journal, Fiscal(code="b3a09b52-7c87-4014-a496-4c7a53cf9120-ff", waiting=False, test=True))
    assert f"Číslo: {receipt.number}" in lines
    assert "Zjednodušený daňový doklad" in lines
    assert "DIČ: CZ12345678" in lines
    assert "Zaokrouhlení" in lines
    assert "Přijato hotově" in lines
    assert "b3a09b52-7c87-4014-a496-4c7a53cf9120-ff" in lines
    assert "ZKUŠEBNÍ PROSTŘEDÍ EET" in lines
    assert "Děkujeme za nákup" in lines


def test_a_receipt_of_the_old_interface_and_one_for_another_taxpayer_say_so() -> None:
    journal = TillJournal()
    journal.open_shift()
    receipt = journal.sell()
    assert receipt.fiscal is not None
    old = replace(receipt.fiscal, dialect=Dialect.V3)
    journal.receipts[-1] = replace(receipt, fiscal=old, principal="CZ00000019")
    lines = text_of(journal, Fiscal(code="b3a09b52-7c87-4014-a496-4c7a53cf9120-03", waiting=False, test=False))
    assert "Prodej za poplatníka:           CZ00000019" in lines
    assert "FIK:" in lines
    assert "POK" not in lines


def test_no_line_is_wider_than_the_paper() -> None:
    journal = TillJournal(name="P" * 60, user="U" * 60, goods=(("Ž" * 120, 99_999_99, VatClass.STANDARD),))
    journal.open_shift()
    journal.sell()
    for line in receipt_paper(journal.receipts[-1], WAITING):
        assert len(line.text) <= (COLUMNS // 2 if line.style == "big" else COLUMNS), line


def test_a_code_that_has_not_come_is_never_invented() -> None:
    journal = TillJournal()
    journal.open_shift()
    journal.sell()
    assert "Evidence tržby: odesílá se" in text_of(journal)
    assert "POK" not in text_of(journal)


def test_who_does_not_pay_vat_prints_no_vat_and_no_dic() -> None:
    seller = replace(SELLER, vat_status=VatStatus.NON_PAYER)
    journal = TillJournal(seller=seller, reports=False)
    journal.open_shift()
    journal.sell()
    lines = text_of(journal)
    assert "Nejsem plátce DPH" in lines
    assert "DIČ" not in lines
    assert "Základ" not in lines
    assert "Účtenka" in lines
    assert "do EET neeviduje" in lines


def test_a_refund_names_its_original_and_its_reason() -> None:
    journal = TillJournal()
    journal.open_shift()
    original = journal.sell()
    refund = journal.refund(original)
    lines = text_of(journal)
    assert "Opravný daňový doklad" in lines
    assert original.number in lines
    assert "Reklamace zboží" in lines
    assert refund.paid == -original.paid
    assert refund.paid < Money(0)
