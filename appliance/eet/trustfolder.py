"""The trust anchors a technician has added on this till: `<folder>/answers/*.pem` and `<folder>/tills/*.pem`.

Who may add one is decided before: by the pinned fingerprints, or by a person who has compared the fingerprint.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from appliance.eet.certificate import ODD, fingerprint, load_anchors
from appliance.eet.errors import EetError, NotAnAuthority, PrivateKeyInside
from appliance.eet.keyfolder import WriteFile

FILE_BYTES_MAX = 256 * 1024
CERTIFICATES_MAX = 50
NAME_DIGITS = 16
FOLDER_MODE = 0o755

log = logging.getLogger(__name__)


class TrustKind(StrEnum):
    """What an anchor vouches for."""

    ANSWERS = "answers"  # the signer of the tax office's answers
    TILLS = "tills"  # the certificates of tills, for judging messages


@dataclass(frozen=True, slots=True)
class Anchor:
    """One authority as a person sees it."""

    kind: TrustKind
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.certificate)

    @property
    def subject(self) -> str:
        return _printable(self.certificate.subject)

    @property
    def issuer(self) -> str:
        return _printable(self.certificate.issuer)


def _printable(name: x509.Name) -> str:
    """On one line and without anything that moves a cursor: whoever made the certificate chose the name."""
    return "".join(char if char.isprintable() else "?" for char in name.rfc4514_string())


def read_authorities(data: bytes) -> tuple[x509.Certificate, ...]:
    """The CA certificates of a file, PEM (one or several) or DER. All must be such, or none is taken.

    Raises NotAKeyStore, NotAnAuthority, PrivateKeyInside.
    """
    if b"PRIVATE KEY-----" in data:
        raise PrivateKeyInside("the file holds a private key: an anchor is a certificate only")
    if len(data) > FILE_BYTES_MAX:
        raise NotAnAuthority(f"the file has {len(data)} bytes, at most {FILE_BYTES_MAX}")
    found = tuple({fingerprint(each): each for each in load_anchors([data])}.values())
    if len(found) > CERTIFICATES_MAX:
        raise NotAnAuthority(f"the file holds {len(found)} certificates, at most {CERTIFICATES_MAX}")
    for certificate in found:
        if not _is_authority(certificate):
            raise NotAnAuthority(f"{_printable(certificate.subject)} is no certification authority")
    return found


def _is_authority(certificate: x509.Certificate) -> bool:
    ca, signs = False, True
    try:
        for extension in certificate.extensions:
            if isinstance(extension.value, x509.BasicConstraints):
                ca = extension.value.ca
            if isinstance(extension.value, x509.KeyUsage):
                signs = extension.value.key_cert_sign
    except ODD:
        return False
    return ca and signs


class TrustFolder:
    """Files are named after the first digits of the fingerprint, written whole and readable for all."""

    def __init__(self, folder: Path, *, write: WriteFile) -> None:
        self._folder = folder
        self._write = write

    def add(self, certificate: x509.Certificate, kind: TrustKind) -> Anchor:
        anchor = Anchor(kind, certificate)
        home = self._folder / kind
        for folder in (self._folder, home):
            if not folder.is_dir():
                folder.mkdir(parents=True)
                folder.chmod(FOLDER_MODE)
        path = home / f"{anchor.fingerprint[:NAME_DIGITS]}.pem"
        self._write(path, certificate.public_bytes(Encoding.PEM))
        return anchor

    def anchors(self) -> list[Anchor]:
        """All of them, by kind and subject. A file that holds no certificate is told to the log and left out."""
        found = [anchor for kind in TrustKind for anchor in self._of(kind)]
        return sorted(found, key=lambda anchor: (anchor.kind, anchor.subject, anchor.fingerprint))

    def remove(self, digits: str) -> list[Anchor]:
        """Take back each anchor whose fingerprint begins with these digits. Returns them."""
        gone = [anchor for anchor in self.anchors() if anchor.fingerprint.startswith(digits)]
        for kind in TrustKind:
            for path in self._files(kind):
                if any(fingerprint(each).startswith(digits) for each in _read(path)):
                    path.unlink()
        return gone

    def _of(self, kind: TrustKind) -> Iterable[Anchor]:
        return (Anchor(kind, certificate) for path in self._files(kind) for certificate in _read(path))

    def _files(self, kind: TrustKind) -> list[Path]:
        return sorted((self._folder / kind).glob("*.pem"))


class AnchorFiles:
    """Certificates for answers: those of the folder and of the files named in the settings, read anew when changed."""

    def __init__(self, folder: Path, more: Iterable[Path] = ()) -> None:
        self._folder = folder / TrustKind.ANSWERS
        self._more = tuple(more)
        self._known: tuple[tuple[tuple[str, int, int, int], ...], tuple[x509.Certificate, ...]] = ((), ())

    def load(self) -> tuple[x509.Certificate, ...]:
        files = [*self._more, *sorted(self._folder.glob("*.pem"))]
        version = tuple(_version(path) for path in files)
        if version != self._known[0]:
            self._known = (version, tuple(each for path in files for each in _read(path)))
        return self._known[1]


def _version(path: Path) -> tuple[str, int, int, int]:
    """What changes with the file, and with who may read it (ctime)."""
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _read(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return load_anchors([path.read_bytes()])
    except (EetError, OSError) as error:
        log.error("%s is no trust anchor: %s", path, error)
        return ()
