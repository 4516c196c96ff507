"""Everything the EET room raises.

EetError
├── MessageInvalid         a value the official schema does not allow
├── DocumentUnreadable     bytes that are not the XML we accept
├── SignatureInvalid       a WS-Security signature that proves nothing
├── UntrustedSigner        a good signature of somebody we were not told to trust
├── NotAnAuthority         a certificate that cannot be a trust anchor
├── PrivateKeyInside       a file of trust anchors that holds a key
└── CertificateProblem
    ├── NotAKeyStore       not a PKCS#12 (or our PEM) file, or damaged
    ├── WrongPassword
    ├── UnusableKey        no key, no certificate, not RSA, or they do not belong together
    ├── CertificateExpired
    ├── CertificateNotYetValid
    ├── ForeignCertificate issued for another EIČ
    ├── TestCertificate    not a production certificate, but the till is live
    ├── ProductionCertificate, but the till reports to the playground only
    ├── OtherEnvironment   a renewed certificate is for another environment than the old one
    └── NotNewer           a renewed certificate ends no later than the old one
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


class NotAnAuthority(EetError):
    """What should become a trust anchor is not the certificate of a CA."""


class PrivateKeyInside(EetError):
    """Somebody mistook his own key for an anchor; it must not be copied anywhere."""


class CertificateProblem(EetError):
    """The till's own certificate cannot be used.

    `word` is the machine's name for it. `found` and `expected` are two taxpayers' numbers or two environments,
    `moment` is when the certificate begins or ended; each where it says something.
    """

    word = "unusable"
    found = ""
    expected = ""
    moment: datetime | None = None


class NotAKeyStore(CertificateProblem):
    """The file is no key store, or it is damaged."""

    word = "not_a_key_store"


class WrongPassword(CertificateProblem):
    """The key store does not open with this password."""

    word = "wrong_password"


class UnusableKey(CertificateProblem):
    """The store opens but holds no RSA key with its certificate."""

    word = "no_rsa_key"


class CertificateExpired(CertificateProblem):
    """Judged at the given time, not at the clock's."""

    word = "expired"

    def __init__(self, ended: datetime) -> None:
        super().__init__(f"the certificate expired at {ended.isoformat()}")
        self.moment = ended


class CertificateNotYetValid(CertificateProblem):
    """Judged at the given time: often a wrong clock rather than a wrong certificate."""

    word = "not_yet_valid"

    def __init__(self, begins: datetime) -> None:
        super().__init__(f"the certificate is valid only from {begins.isoformat()}")
        self.moment = begins


class ForeignCertificate(CertificateProblem):
    """The certificate belongs to another taxpayer."""

    word = "foreign_certificate"

    def __init__(self, *, found: str, expected: str) -> None:
        super().__init__(f"the certificate was issued for {found}, expected {expected}")
        self.found = found
        self.expected = expected


class TestCertificate(CertificateProblem):
    """A certificate of the playground (or of no known policy) where a production one is needed."""

    __test__ = False  # the name must not look like a test class to pytest
    word = "test_certificate"

    def __init__(self, *, found: str) -> None:
        super().__init__(f"a {found} certificate cannot report to the live server")
        self.found = found
        self.expected = "production"


class ProductionCertificate(CertificateProblem):
    """A production certificate where the playground is reported to, which answers it with error 4."""

    word = "production_certificate"

    def __init__(self) -> None:
        super().__init__("a production certificate cannot report to the playground")
        self.found = "production"
        self.expected = "playground"


class OtherEnvironment(CertificateProblem):
    """A renewed certificate for another environment than its predecessor's."""

    word = "other_environment"

    def __init__(self, *, found: str, expected: str) -> None:
        super().__init__(f"a {found} certificate came for a {expected} one")
        self.found = found
        self.expected = expected


class NotNewer(CertificateProblem):
    """A renewed certificate that ends no later than the one it should replace."""

    word = "not_newer"

    def __init__(self, ends: datetime) -> None:
        super().__init__(f"the renewed certificate ends {ends.isoformat()}, no later than the old one")
        self.moment = ends
