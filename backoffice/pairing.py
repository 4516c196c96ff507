"""Tills of an account: pairing by a code, tokens, revoking (sync.md, section 7)."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from peewee import IntegrityError

from appliance.domain.clock import iso
from appliance.wire import PairRequest, Takeover
from backoffice.accounts import normalised, secret_hash
from backoffice.event_log import append_events
from backoffice.projected import Event, Place
from backoffice.tables import Tables
from backoffice.takeover import takeover_of

CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is read for something else
CODE_CHARS = 8
CODE_LIFETIME = timedelta(minutes=10)
CODES_OPEN_MAX = 20  # per account
TOKEN_MARK = "pokladna_"  # tells a token of ours, though unknown, from somebody else's header # noqa: S105
TOKEN_BYTES = 32


class PairingRefused(ValueError):
    """`code` is what the till is told: code_invalid, prefix_taken, id_pokl_taken, till_of_other_account, not_fresh (a
    device with a journal of its own cannot become another till), till_unknown."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Paired:
    token: str
    account_id: int
    account: str
    takeover: Takeover | None = None


def normalised_code(typed: str) -> str:
    """What was typed or scanned: groups and the part that names the server's key are the till's own business."""
    return "".join(c for c in typed.upper() if c.isalnum())[:CODE_CHARS]


def shown_code(code: str, key_mark: str) -> str:
    """The code in groups of four, followed by the mark of the server's key when there is one."""
    whole = code + key_mark
    return "-".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def make_code(tables: Tables, account_id: int, *, now: datetime, replaces: str = "") -> str:
    """A new code of CODE_CHARS characters; `replaces` is the till_id whose place the device that uses it will take. Old
    ones are swept; beyond CODES_OPEN_MAX the oldest go."""
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARS))
    at = now.astimezone(UTC)
    codes = tables.pairing_code
    mine = codes.c.account_id == account_id
    with tables.writing():
        codes.delete().where(mine & (codes.c.expires_at <= iso(at))).execute()
        open_codes = tables.rows(codes.select(codes.c.code_hash).where(mine).order_by(codes.c.created_at))
        surplus = [row["code_hash"] for row in open_codes[: max(0, len(open_codes) - CODES_OPEN_MAX + 1)]]
        if surplus:
            codes.delete().where(mine & codes.c.code_hash.in_(surplus)).execute()
        codes.insert(
            account_id=account_id,
            code_hash=secret_hash(code),
            created_at=iso(at),
            expires_at=iso(at + CODE_LIFETIME),
            replaces=replaces,
        ).execute()
    return code


def pair(tables: Tables, request: PairRequest, *, now: datetime) -> Paired:
    """Use a code up and give the till its token. A till of the same account is paired anew; with a code that replaces a
    till the device becomes that till, whose old token ends. Raises PairingRefused."""
    try:
        return _pair(tables, request, now=now)
    except IntegrityError:  # another till took the prefix or id_pokl at this moment: now it is seen
        return _pair(tables, request, now=now)


def _pair(tables: Tables, request: PairRequest, *, now: datetime) -> Paired:
    token = TOKEN_MARK + secrets.token_urlsafe(TOKEN_BYTES)
    till = tables.till
    values = {"token_hash": secret_hash(token), "revoked": 0, "paired_at": iso(now.astimezone(UTC))}
    with tables.writing():
        account_id, email, replaces = _use_code(tables, request.code, now=now)
        if request.account and normalised(request.account) != email:
            raise PairingRefused("till_of_other_account")  # it has rows that another account holds, here or elsewhere
        till_id = replaces or request.till_id
        if replaces and not (request.fresh or request.till_id == replaces):
            raise PairingRefused("not_fresh")
        if not replaces:
            _check_free(tables, account_id, request)
            values |= {"prefix": request.prefix, "id_pokl": request.id_pokl, "name": request.name}
        here = (till.c.account_id == account_id) & (till.c.till_id == till_id)
        if not till.update(**values).where(here).execute():
            if replaces:
                raise PairingRefused("till_unknown")
            till.insert(account_id=account_id, till_id=till_id, **values).execute()
        given = takeover_of(tables, Place(account_id, till_id, request.name)) if replaces else None
        append_events(tables, account_id, [Event("till", till_id, {})], now=now)
    return Paired(token, account_id, email, given)


def _use_code(tables: Tables, typed: str, *, now: datetime) -> tuple[int, str, str]:
    """Account, its e-mail, and the till whose place the code gives, '' for none."""
    codes, account = tables.pairing_code, tables.account
    code_hash = secret_hash(normalised_code(typed))
    row = tables.first(
        codes.select(codes.c.account_id, codes.c.expires_at, codes.c.replaces, account.c.email)
        .join(account, on=(account.c.account_id == codes.c.account_id))
        .where(codes.c.code_hash == code_hash)
    )
    if row is None or row["expires_at"] <= iso(now.astimezone(UTC)):
        raise PairingRefused("code_invalid")
    used = codes.delete().where((codes.c.account_id == row["account_id"]) & (codes.c.code_hash == code_hash)).execute()
    if not used:  # another till was first
        raise PairingRefused("code_invalid")
    return row["account_id"], row["email"], row["replaces"]


def _check_free(tables: Tables, account_id: int, request: PairRequest) -> None:
    """Prefix and id_pokl name one till for good: receipt numbers of a revoked till must not come back."""
    till = tables.till
    others = (till.c.account_id == account_id) & (till.c.till_id != request.till_id)
    if tables.first(till.select(till.c.till_id).where(others & (till.c.prefix == request.prefix))):
        raise PairingRefused("prefix_taken")
    if tables.first(till.select(till.c.till_id).where(others & (till.c.id_pokl == request.id_pokl))):
        raise PairingRefused("id_pokl_taken")
    elsewhere = (till.c.account_id != account_id) & (till.c.till_id == request.till_id) & (till.c.acked_seq > 0)
    if tables.first(till.select(till.c.till_id).where(elsewhere)):
        raise PairingRefused("till_of_other_account")


def till_of_token(tables: Tables, token: str) -> Place | None:
    """Whose token this is; None when it is unknown or revoked."""
    till = tables.till
    with tables.reading():
        row = tables.first(
            till.select(till.c.account_id, till.c.till_id, till.c.name).where(
                (till.c.token_hash == secret_hash(token)) & (till.c.revoked == 0)
            )
        )
    return Place(row["account_id"], row["till_id"], row["name"]) if row else None


def revoke(tables: Tables, account_id: int, till_id: str, *, now: datetime) -> bool:
    """End a till's pairing; what it sent stays. False when there is no such till."""
    till = tables.till
    with tables.writing():
        changed = (
            till.update(revoked=1).where((till.c.account_id == account_id) & (till.c.till_id == till_id)).execute()
        )
        if changed:
            append_events(tables, account_id, [Event("till", till_id, {})], now=now)
    return bool(changed)
