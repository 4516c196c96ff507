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
        for job in queues.jobs(tables, PrintState.ASK):
            if print_again:
                queues.requeue_as_copy(tables, job.job_id, boot=shop.boot)
            else:
                queues.set_job(tables, job.job_id, PrintState.DROPPED)
    shop.wake("print")
