"""Paper that may not have come out: the cashier is asked once for all of it (sync.md §4)."""

from dataclasses import dataclass

from appliance.domain.delivery import PrintState
from appliance.service.shop import Shop
from appliance.store import queues


@dataclass(frozen=True)
class AskedJob:
    job_id: str
    kind: str
    number: str


def asking(shop: Shop) -> tuple[AskedJob, ...]:
    return tuple(AskedJob(job.job_id, job.kind.value, job.number) for job in queues.jobs(shop.tables, PrintState.ASK))


def answer(shop: Shop, *, print_again: bool) -> None:
    """Print all of them again, marked KOPIE, or none."""
    with shop.fact() as tables:
        if print_again:
            queues.requeue_asked(tables, boot=shop.boot)
        else:
            queues.drop_asked(tables)
    shop.wake("print")
