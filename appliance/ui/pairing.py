"""*Spárovat*: find the Backoffice on the network or type its address, type or scan the code, see what came of it."""

from collections.abc import Callable, Sequence
from typing import Any

from appliance.i18n import _
from appliance.service.pairing import CodeUnreadable, PairingResult, Server, pairing_result, read_code
from appliance.ui.dialogs import Choice, ChoiceDialog, TextDialog
from appliance.ui.errands import Errand
from appliance.ui.presenter.pairing import asks_for_address, paired_sentence, pairing_failure

SEARCH_WAIT_S = 10.0
PAIR_WAIT_S = 45.0
TYPED, AGAIN = "typed", "again"


def ask_to_pair(app: Any) -> None:
    errand = Errand(app, title=_title(), limit_s=SEARCH_WAIT_S)
    errand.card.sentence = _("Hledám Backoffice v síti…")
    found: list[Sequence[Server]] = []
    errand.wait_for(lambda: found[0] if found else None, lambda _found: None)

    def searched(servers: Sequence[Server]) -> None:
        found.append(servers)
        if errand.card.parent is not None:
            errand.card.close()
            _choose(app, servers)

    app.aside(app.options.pairing.search, searched)


def _title() -> str:
    return _("Spárovat s Backoffice")


def _choose(app: Any, servers: Sequence[Server]) -> None:
    choices = [
        Choice(server.address, server.name, hint=server.address, tag=f"server:{number}")
        for number, server in enumerate(servers, 1)
    ]
    choices.append(Choice(TYPED, _("Napsat adresu…"), tag="server:typed"))
    choices.append(Choice(AGAIN, _("Hledat znovu"), tag="server:again"))
    message = _("Se kterým Backoffice?") if servers else _("V síti se žádný Backoffice neozývá. Napište jeho adresu.")

    def done(chosen: str) -> None:
        if chosen == AGAIN:
            ask_to_pair(app)
        elif chosen == TYPED:
            ask_address(app)
        else:
            ask_code(app, chosen)

    app.ask(ChoiceDialog(title=_title(), message=message, choices=choices, done=done, wide=True))


def ask_address(app: Any, value: str = "") -> None:
    app.ask(
        TextDialog(
            app=app, title=_("Adresa Backoffice"), message=_("Jako v prohlížeči, třeba pokladny.local:8443."),
            value=value, done=lambda address: ask_code(app, address),
            wrong=lambda text: "" if text else _("Napište adresu."),
        )
    )  # fmt: skip


def ask_code(app: Any, address: str) -> None:
    app.ask(
        TextDialog(
            app=app, title=_("Párovací kód"), done=lambda code: _pair(app, code, address), wrong=code_error,
            message=_("Ukáže ho Backoffice: Pokladny › Připojit pokladnu. Opište ho, nebo načtěte čtečkou."),
        )
    )  # fmt: skip


def code_error(typed: str) -> str:
    """Why this is no pairing code; '' when it may be one."""
    try:
        read_code(typed)
    except CodeUnreadable as error:
        return pairing_failure(error.rule, "")
    return ""


def _pair(app: Any, code: str, address: str) -> None:
    errand = Errand(app, title=_title(), limit_s=PAIR_WAIT_S)
    errand.card.sentence = _("Pokladna se páruje s Backoffice…")

    def asked(request_id: str) -> None:
        errand.wait_for(lambda: pairing_result(app.shop, request_id), answered)

    def answered(result: PairingResult | None) -> None:
        app.refresh()
        word = "no_answer" if result is None else result.word
        if result is not None and not word:
            errand.end("good", paired_sentence(result.account), _("Ceník se teď stahuje, prodávat lze dál."))
            app.start_sync()
            return
        if errand.end("danger", pairing_failure(word, result.detail if result is not None else "")):
            _offer_again(app, errand, word, address=address)

    app.write(lambda: app.options.pairing.pair(code, address), asked)


def _offer_again(app: Any, errand: Errand, word: str, *, address: str) -> None:
    again: tuple[str, Callable[[], None]]
    if word == "several_servers":
        again = (_("Vybrat ze seznamu"), lambda: ask_to_pair(app))
    elif asks_for_address(word):
        again = (_("Napsat adresu…"), lambda: ask_address(app, address))
    else:
        again = (_("Zadat kód znovu"), lambda: ask_code(app, address))
    errand.card.offer(*again)
