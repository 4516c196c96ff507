"""Owners, their passwords and their browser sessions.

The first account is made in the browser with a setup code that the server prints when it starts and keeps in
`data_dir/setup-code`, also on loopback: behind a proxy every visitor looks like loopback, and one rule for all is the
one nobody gets wrong. Whoever can read the server's terminal or disk owns it anyway; everybody else cannot take it.
"""

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from peewee import IntegrityError, fn

from appliance.domain.clock import iso
from backoffice.tables import Tables

PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 200
EMAIL_CHARS_MAX = 254
SESSION_LIFETIME = timedelta(days=30)
SETUP_CODE_FILE = "setup-code"

# What OWASP asks of Argon2id at least; a Raspberry Pi that also sells can afford it.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified when the e-mail is unknown, so that the answer takes as long as for a known one.
_NOBODY = _hasher.hash("nobody has this password")
# Each costs the memory above: strangers who knock all at once must not take the shop's.
HASHED_AT_ONCE_MAX = 2
_hashing = threading.BoundedSemaphore(HASHED_AT_ONCE_MAX)


class AccountRefused(ValueError):
    """The account cannot be made; `rule` is a machine word: email, password_short, password_long, taken."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True)
class Session:
    """A signed-in browser. `csrf` stands in each of its forms."""

    account_id: int
    email: str
    csrf: str
    token_hash: str


def secret_hash(secret: str) -> str:
    """How tokens, codes and session secrets are stored: they are random, so one SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def normalised(email: str) -> str:
    """Empty, which is nobody's, when it holds what no database keeps."""
    address = email.strip().casefold()
    return address if address.isprintable() else ""


def create_account(tables: Tables, *, email: str, password: str, now: datetime, only_first: bool = False) -> int:
    """A new owner; returns the account_id. With `only_first` refused as soon as any account is there."""
    address = normalised(email)
    name, at, host = address.partition("@")
    if not (name and at and host) or len(address) > EMAIL_CHARS_MAX or any(c.isspace() for c in address):
        raise AccountRefused("email")
    if len(password) < PASSWORD_CHARS_MIN:
        raise AccountRefused("password_short")
    if len(password) > PASSWORD_CHARS_MAX:
        raise AccountRefused("password_long")
    with _hashing:
        password_hash = _hasher.hash(password)
    account = tables.account
    try:
        with tables.writing():
            row = tables.first(account.select(fn.MAX(account.c.account_id).alias("last")))
            last = int(row["last"] or 0) if row else 0
            if only_first and last:
                raise AccountRefused("taken")
            account.insert(
                account_id=last + 1,
                email=address,
                password_hash=password_hash,
                created_at=iso(now.astimezone(UTC)),
            ).execute()
    except IntegrityError as error:  # the e-mail, or another visitor was first by a moment
        raise AccountRefused("taken") from error
    return last + 1


def has_account(tables: Tables) -> bool:
    account = tables.account
    with tables.reading():
        return tables.first(account.select(account.c.account_id)) is not None


def account_of_email(tables: Tables, email: str) -> int | None:
    account = tables.account
    with tables.reading():
        row = tables.first(account.select(account.c.account_id).where(account.c.email == normalised(email)))
    return int(row["account_id"]) if row else None


def check_password(tables: Tables, *, email: str, password: str) -> int | None:
    """The account these credentials open, or None."""
    account = tables.account
    with tables.reading():
        row = tables.first(
            account.select(account.c.account_id, account.c.password_hash).where(account.c.email == normalised(email))
        )
    try:
        with _hashing:
            _hasher.verify(row["password_hash"] if row else _NOBODY, password[:PASSWORD_CHARS_MAX])
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return None
    return int(row["account_id"]) if row else None


def open_session(tables: Tables, account_id: int, *, now: datetime) -> str:
    """A new session; returns the secret for the cookie. Sessions that have ended are swept on the way."""
    secret = secrets.token_urlsafe(32)
    at = now.astimezone(UTC)
    session = tables.session
    with tables.writing():
        session.delete().where((session.c.account_id == account_id) & (session.c.expires_at <= iso(at))).execute()
        session.insert(
            account_id=account_id,
            session_hash=secret_hash(secret),
            csrf=secrets.token_urlsafe(24),
            created_at=iso(at),
            expires_at=iso(at + SESSION_LIFETIME),
        ).execute()
    return secret


def find_session(tables: Tables, secret: str, *, now: datetime) -> Session | None:
    return session_by_hash(tables, secret_hash(secret), now=now)


def session_by_hash(tables: Tables, token_hash: str, *, now: datetime) -> Session | None:
    session, account = tables.session, tables.account
    with tables.reading():
        row = tables.first(
            session.select(session.c.account_id, session.c.csrf, session.c.expires_at, account.c.email)
            .join(account, on=(account.c.account_id == session.c.account_id))
            .where(session.c.session_hash == token_hash)
        )
    if row is None or row["expires_at"] <= iso(now.astimezone(UTC)):
        return None
    return Session(row["account_id"], row["email"], row["csrf"], token_hash)


def close_session(tables: Tables, open_one: Session) -> None:
    session = tables.session
    with tables.writing():
        session.delete().where(
            (session.c.account_id == open_one.account_id) & (session.c.session_hash == open_one.token_hash)
        ).execute()


def setup_code(data_dir: Path) -> str:
    """The code that makes the first account; made once and kept until the account is there."""
    held = _held_setup_code(data_dir)
    if held:
        return held
    data_dir.mkdir(parents=True, exist_ok=True)
    code = secrets.token_hex(8)
    draft = data_dir / f"{SETUP_CODE_FILE}.new"
    draft.touch(mode=0o600)
    draft.write_text(code + "\n", encoding="ascii")
    draft.rename(data_dir / SETUP_CODE_FILE)
    return code


def _held_setup_code(data_dir: Path) -> str:
    """Empty when there is none; also when a full disk or a power cut left an empty file, which must open nothing."""
    path = data_dir / SETUP_CODE_FILE
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def setup_code_fits(data_dir: Path, typed: str) -> bool:
    wanted = _held_setup_code(data_dir)
    return bool(wanted) and hmac.compare_digest(wanted.encode(), typed.strip().lower().encode())


def forget_setup_code(data_dir: Path) -> None:
    (data_dir / SETUP_CODE_FILE).unlink(missing_ok=True)
