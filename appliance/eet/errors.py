"""Everything the EET room raises.

EetError
├── MessageInvalid         a value the official schema does not allow
├── DocumentUnreadable     bytes that are not the XML we accept
├── SignatureInvalid       a WS-Security signature that proves nothing
├── UntrustedSigner        a good signature of somebody we were not told to trust
└── CertificateProblem
    ├── NotAKeyStore       not a PKCS#12 (or our PEM) file, or damaged
    ├── WrongPassword
    ├── UnusableKey        no key, no certificate, not RSA, or they do not belong together
    ├── CertificateExpired
    ├── CertificateNotYetValid
    ├── ForeignCertificate issued for another EIČ
    └── TestCertificate    not a production certificate, but the till is live
"""

from datetime import datetime


class EetError(Exception):
    """Root of the tree."""


class MessageInvalid(EetError):
    """One attribute of a message breaks the official schema. `allowed` is a phrase in English."""

    def __init__(self, attribute: str, value: object, *, allowed: str) -> None:
        super().__init__(f"{attribute} = {value!r}: allowed is {allowed}")
        self.attribute = attribute
        self.value = value
        self.allowed = allowed


class ReasonedError(EetError):
    """An error with a short machine key, and words for the log."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class DocumentUnreadable(ReasonedError):
    """The bytes are not an acceptable XML document."""


class SignatureInvalid(ReasonedError):
    """The signature does not prove that the Body is what the signer wrote."""


class UntrustedSigner(ReasonedError):
    """No chain to an anchor at that instant, or another name than the configured one."""


class CertificateProblem(EetError):
    """The till's own certificate cannot be used."""


class NotAKeyStore(CertificateProblem):
    """The file is no key store, or it is damaged."""


class WrongPassword(CertificateProblem):
    """The key store does not open with this password."""


class UnusableKey(CertificateProblem):
    """The store opens but holds no RSA key with its certificate."""


class CertificateExpired(CertificateProblem):
    """Judged at the given time, not at the clock's."""

    def __init__(self, ended: datetime) -> None:
        super().__init__(f"the certificate expired at {ended.isoformat()}")
        self.ended = ended


class CertificateNotYetValid(CertificateProblem):
    """Judged at the given time: often a wrong clock rather than a wrong certificate."""

    def __init__(self, begins: datetime) -> None:
        super().__init__(f"the certificate is valid only from {begins.isoformat()}")
        self.begins = begins


class ForeignCertificate(CertificateProblem):
    """The certificate belongs to another taxpayer."""

    def __init__(self, *, found: str, expected: str) -> None:
        super().__init__(f"the certificate was issued for {found}, expected {expected}")
        self.found = found
        self.expected = expected


class TestCertificate(CertificateProblem):
    """A certificate of the playground (or of no known policy) where a production one is needed."""

    __test__ = False  # the name must not look like a test class to pytest
