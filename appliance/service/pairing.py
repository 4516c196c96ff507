"""Joining a Backoffice, as a person asks for it: the code, the request to the daemon, its word (sync.md §7).

Only the sync daemon has the token. A request is a note in the database, taken at most once; the code in it is good for
one pairing within ten minutes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from appliance.domain.clock import iso
from appliance.service.errors import ServiceError
from appliance.service.shop import Shop
from appliance.store import journal, queues

CODE_CHARS = 8
MARK_CHARS = 8
CODE_ALPHABET = frozenset("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
MARK_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
MISREAD = str.maketrans("01", "OI")  # the mark has no digits 0 and 1, so a letter was meant
ADDRESS_CHARS_MAX = 200
REQUEST_NOTE = "pairing_request"  # {"id", "code", "address"}, written by whoever asks, dropped by the daemon
RESULT_NOTE = "pairing_result"  # the fields of PairingResult, written by the daemon
PAIRED_NOTE = "paired"  # {"account", "url", "pinned"}, written by whoever has paired


class CodeUnreadable(ServiceError):
    """`rule`: code_length, code_characters."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule


@dataclass(frozen=True)
class PairingCode:
    """`secret` is for the server; `mark` names its key and is '' when the code came without it."""

    secret: str
    mark: str


def read_code(typed: str) -> PairingCode:
    """With or without dashes and spaces, in capitals or not. Raises CodeUnreadable."""
    chars = "".join(char for char in typed.upper() if char not in "-–— \t\r\n")
    if len(chars) not in {CODE_CHARS, CODE_CHARS + MARK_CHARS}:
        whole = CODE_CHARS + MARK_CHARS
        raise CodeUnreadable(
            "code_length",
            f"a pairing code has {whole} characters (or its first {CODE_CHARS}), this one has {len(chars)}",
        )
    secret, mark = chars[:CODE_CHARS], chars[CODE_CHARS:].translate(MISREAD)
    wrong = [char for char in secret if char not in CODE_ALPHABET] + [
        char for char in mark if char not in MARK_ALPHABET
    ]
    if wrong:
        raise CodeUnreadable("code_characters", f"no pairing code holds {wrong[0]!r}: compare it with the Backoffice")
    return PairingCode(secret, mark)


@dataclass(frozen=True)
class Server:
    """A Backoffice that answers on this network. `key_mark` is what it says of itself: a hint, never a proof."""

    name: str
    address: str
    key_mark: str


@dataclass(frozen=True)
class PairingResult:
    """`word` is '' when the till is paired, else: no_server, several_servers, address, unreachable, tls, wrong_key,
    key_needed, code_invalid, prefix_taken, id_pokl_taken, till_of_other_account, not_fresh, rate_limited, refused,
    unreadable, not_kept, server_error, code_length, code_characters."""

    request_id: str
    word: str = ""
    detail: str = ""
    account: str = ""
    address: str = ""


def request_pairing(shop: Shop, code: str, address: str = "") -> str:
    """Ask the daemon; returns the id under which its word will come. Raises CodeUnreadable before anything is asked."""
    read_code(code)
    request_id = shop.new_id()
    value = {"id": request_id, "code": code, "address": address[:ADDRESS_CHARS_MAX]}
    with shop.mark() as tables:
        queues.set_note(tables, REQUEST_NOTE, value, at=iso(shop.now()))
    shop.wake("sync")
    return request_id


def pairing_result(shop: Shop, request_id: str) -> PairingResult | None:
    """The daemon's word; None while there is none."""
    found: Mapping[str, Any] | None = queues.note(shop.tables, RESULT_NOTE)
    return PairingResult(**found) if found and found["request_id"] == request_id else None


def save_result(shop: Shop, result: PairingResult) -> None:
    with shop.mark() as tables:
        queues.set_note(tables, RESULT_NOTE, asdict(result), at=iso(shop.now()))
    shop.wake("ui")


@dataclass(frozen=True)
class Paired:
    """With which account, and where its Backoffice is."""

    account: str
    url: str


def paired_with(shop: Shop) -> Paired | None:
    found = queues.note(shop.tables, PAIRED_NOTE)
    return Paired(str(found["account"]), str(found.get("url", ""))) if found else None


def bound_account(shop: Shop) -> str:
    """The account that has acked rows of this journal, '' while none has: no other one may have it."""
    with shop.snapshot() as tables:
        paired = queues.note(tables, PAIRED_NOTE)
        return str(paired["account"]) if paired and journal.the_till(tables).acked_row > 0 else ""
