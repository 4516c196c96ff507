"""What a use case refuses.

ServiceError
├── ShiftNotOpen       nothing can be sold or refunded before the till is opened
├── ShiftAlreadyOpen
├── NotFound           no such receipt or item
├── Refused            the rule it would break
├── ImportFailed       a key store did not get to the daemon (service/key_files.py)
└── StoreFailed        the database did not take it (disk full, locked): nothing has happened
"""


class ServiceError(Exception):
    pass


class ShiftNotOpen(ServiceError):
    pass


class ShiftAlreadyOpen(ServiceError):
    pass


class NotFound(ServiceError):
    pass


class StoreFailed(ServiceError):
    pass


class Refused(ServiceError):
    """`rule` is a machine word."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule
