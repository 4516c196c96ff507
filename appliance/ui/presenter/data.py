"""*Nastavení → Data a synchronizace* in words: what is set, what it means, and what will happen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.domain.clock import age_text
from appliance.domain.pricelist import LABEL_CHARS_MAX, ApplyWhen, TillSettings, Warehouse, is_label
from appliance.i18n import _, plural
from appliance.ui.presenter.sync import sync_error


class PairedLike(Protocol):
    """With which account, and where its Backoffice is."""

    @property
    def account(self) -> str: ...
    @property
    def url(self) -> str: ...


@dataclass(frozen=True)
class DataRow:
    """One thing that can be set: its name, what it is now, and what that means."""

    name: str
    title: str
    detail: str
    value: str
    tone: str = "quiet"


def data_rows(
    settings: TillSettings,
    *,
    item_sync: bool,
    warehouses: Sequence[Warehouse],
    paired: PairedLike | None,
    fault: str = "",
) -> tuple[DataRow, ...]:
    return (
        pairing_row(paired, fault),
        sync_row(item_sync=item_sync),
        scope_row(settings),
        DataRow(
            "apply",
            _("Kdy se změny ceníku projeví"),
            apply_detail(settings.apply_when),
            apply_name(settings.apply_when),
        ),
        warehouse_row(settings, warehouses),
    )


def pairing_row(paired: PairedLike | None, fault: str) -> DataRow:
    title = _("Párování s Backoffice")
    if fault == "pairing_revoked":
        return DataRow(
            "pairing", title, _("Zrušeno v Backoffice. Data čekají tady, spárujte znovu."), _("zrušeno"), "danger"
        )
    if paired is None:
        return DataRow("pairing", title, _("Prodává se i bez něj, data zůstávají v pokladně."), _("nespárováno"))
    return DataRow("pairing", title, " · ".join(filter(None, (paired.account, paired.url))), _("spárováno"), "good")


def sync_row(*, item_sync: bool) -> DataRow:
    title = _("Synchronizace položek")
    if item_sync:
        return DataRow("sync", title, _("Ceník putuje oběma směry: sem i odtud."), _("zapnuto"), "good")
    return DataRow(
        "sync", title, _("Ceník se nestahuje, zdejší změny čekají. Účtenky se odesílají."), _("vypnuto"), "warning"
    )


def scope_row(settings: TillSettings) -> DataRow:
    title = _("Omezit synchronizaci položek")
    if settings.scope:
        return DataRow("scope", title, _("Jen položky s tímto štítkem; nové ho dostanou samy."), settings.scope)
    return DataRow("scope", title, _("Pokladna ukazuje všechny položky."), _("bez omezení"))


def warehouse_row(settings: TillSettings, warehouses: Sequence[Warehouse]) -> DataRow:
    title = _("Sklad této pokladny")
    name = warehouse_name(settings.warehouse_id, warehouses)
    if not settings.warehouse_id:
        return DataRow("warehouse", title, _("Prodané zboží se z žádného skladu neodečítá."), _("žádný"))
    return DataRow("warehouse", title, _("Prodané zboží se odečítá z tohoto skladu."), name)


def warehouse_name(warehouse_id: str, warehouses: Sequence[Warehouse]) -> str:
    """With its branch, so that two of one name are told apart; the id of one that has not been pulled yet."""
    for warehouse in warehouses:
        if warehouse.warehouse_id == warehouse_id:
            return f"{warehouse.name} ({warehouse.branch})" if warehouse.branch else warehouse.name
    return warehouse_id


def apply_name(apply_when: ApplyWhen) -> str:
    return {
        ApplyWhen.MANUAL: _("ručně"),
        ApplyWhen.SHIFT_OPEN: _("při otevření"),
        ApplyWhen.AUTOMATIC: _("samo"),
    }[apply_when]


def apply_detail(apply_when: ApplyWhen) -> str:
    return {
        ApplyWhen.MANUAL: _("Po klávese F5 nebo z nabídky v Ceníku."),
        ApplyWhen.SHIFT_OPEN: _("Při otevření pokladny, jinak po klávese F5."),
        ApplyWhen.AUTOMATIC: _("Hned, jakmile není rozpracovaný účet."),
    }[apply_when]


def switch_words(*, on: bool) -> tuple[str, str]:
    """Title and message of the question before item sync is switched."""
    if on:
        return (
            _("Zapnout synchronizaci položek?"),
            _("Zdejší změny ceníku se odešlou, pak se ceník stáhne z Backoffice. Prodávat lze dál."),
        )
    return (
        _("Vypnout synchronizaci položek?"),
        _("Ceník se přestane stahovat a zdejší změny počkají. Účtenky a uzávěrky se odesílají dál."),
    )


def scope_words(settings: TillSettings, label: str) -> str:
    """What happens when the till is restricted to this label, or to none ('')."""
    if not label:
        return _("Při další synchronizaci se objeví i položky bez štítku {label}.").format(label=settings.label)
    return _("Zůstanou jen položky se štítkem {label}. Ostatní se při synchronizaci schovají, nic se nesmaže.").format(
        label=label
    )


def label_error(text: str) -> str:
    """Why this cannot be a label; '' when it can."""
    if is_label(text):
        return ""
    if not text:
        return _("Napište štítek, například pokl1.")
    if len(text) > LABEL_CHARS_MAX:
        return _("Štítek je příliš dlouhý (nejvýše {n} znaků).").format(n=LABEL_CHARS_MAX)
    return _("Štítek je jedno slovo, bez mezer a čárek.")


class UnsentLike(Protocol):
    """service.unsent.UnsentKind"""

    @property
    def kind(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def oldest_age_s(self) -> int: ...


GROUPS = {
    "receipt_issued": "receipts", "receipt_fiscalised": "codes", "shift_opened": "shifts", "shift_closed": "shifts",
    "item_edited": "edits", "category_edited": "edits", "warehouse_edited": "edits", "stock_moved": "stock",
}  # fmt: skip
"""Kinds of the journal as a person counts them; the rest is `other`."""


def waiting_words(kinds: Sequence[UnsentLike], *, unsent: int, oldest_age_s: int) -> str:
    """What waits for the Backoffice: `12 účtenek, 1 směna; nejstarší 5 min`."""
    if not unsent:
        return _("Nic, vše je odeslané.")
    counts: dict[str, int] = {}
    for kind in kinds:
        group = GROUPS.get(kind.kind, "other")
        counts[group] = counts.get(group, 0) + kind.count
    if (rest := unsent - sum(counts.values())) > 0:
        counts["other"] = counts.get("other", 0) + rest
    words = [
        _group_words(group, counts[group]) for group in (*dict.fromkeys(GROUPS.values()), "other") if group in counts
    ]
    return _("{what}; nejstarší {age}").format(what=", ".join(words), age=age_text(oldest_age_s))


def _group_words(group: str, n: int) -> str:
    forms = {
        "receipts": (_("účtenka"), _("účtenky"), _("účtenek")),
        "codes": (_("kód EET"), _("kódy EET"), _("kódů EET")),
        "shifts": (_("záznam o směně"), _("záznamy o směnách"), _("záznamů o směnách")),
        "edits": (_("změna ceníku"), _("změny ceníku"), _("změn ceníku")),
        "stock": (_("pohyb skladu"), _("pohyby skladu"), _("pohybů skladu")),
        "other": (_("jiný záznam"), _("jiné záznamy"), _("jiných záznamů")),
    }[group]
    return f"{n} {plural(n, *forms)}"


def waiting_reason(*, unsent: int, paired: bool, fault: str) -> str:
    """Why it waits, when it is not just on its way. `fault` is a machine word, '' for none."""
    if not unsent:
        return ""
    if not paired:
        return _("Pokladna není spárovaná, data čekají v ní.")
    return sync_error(fault) if fault else ""
