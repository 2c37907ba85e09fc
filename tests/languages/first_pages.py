"""The first page's states, each of a desk of its own: who is new, what is in order, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from numbers_app.calls import bucket_of
from numbers_app.models import Answer, CallTally, Counting, Heartbeat, Location, OrderStatus, Purchase, Role, Status
from numbers_app.tallies import count_everything, count_up
from tests.admin.world import World
from tests.carried_out import buy_for, make_line, make_submitted
from tests.factories import make_attempt, make_number, make_purchase


def newcomer(world: World) -> None:
    """Nothing has been bought; one number is on its way."""
    Purchase.objects.update(status=Status.REJECTED, confirmed_by="")
    Purchase.objects.filter(location=world.mine.location).update(location=world.other.location)


def unassigned(world: World) -> None:
    """Nobody sees a location, and nobody has bought."""
    newcomer(world)
    for place in Location.objects.all():
        place.users.clear()


def well(world: World) -> None:
    """All parts are running; every figure and every chart has something to show."""
    beat(Role.WEB)
    beat(Role.WORKER)
    beat(Role.BEAT)
    history(world)
    calls(errors=3, limited=2)
    count_everything()
    count_up(seconds=60.0)
    Counting.objects.update(ran_at=timezone.now())


def calm(world: World) -> None:
    """All calls were answered, and only one number was bought."""
    beat(Role.WORKER)
    beat(Role.BEAT)
    calls(errors=0, limited=0)
    count_everything()
    count_up(seconds=60.0)


def silent(world: World) -> None:
    """The parts were seen once, and one number has waited for long."""
    beat(Role.WORKER, ago=timedelta(minutes=7))
    beat(Role.BEAT, ago=timedelta(hours=3))
    stuck(world)


def fallen_silent(world: World) -> None:
    beat(Role.WORKER, ago=timedelta(seconds=50))
    beat(Role.BEAT, ago=timedelta(days=2))


def late(world: World) -> None:
    """All parts are there, and do nothing."""
    beat(Role.WORKER)
    beat(Role.BEAT)
    Counting.objects.update_or_create(pk=Counting.ONLY, defaults={"ran_at": timezone.now() - timedelta(minutes=9)})
    stuck(world)


FIRST_PAGES: dict[str, Callable[[World], None]] = {
    state.__name__: state for state in (newcomer, unassigned, well, calm, silent, fallen_silent, late)
}


def beat(role: Role, *, ago: timedelta = timedelta(0)) -> None:
    at = timezone.now() - ago
    Heartbeat.objects.create(name=f"{role}-1", role=role, since=at, at=at)


def stuck(world: World) -> None:
    since = timezone.now() - timedelta(minutes=20)
    make_purchase("+18306700001", location=world.mine.location, next_action_at=since)
    doubtful = make_purchase("+18306700002", location=world.mine.location, status=Status.UNCERTAIN)
    make_attempt(doubtful, answer=Answer.UNKNOWN, started_at=since)


def history(world: World) -> None:
    """Purchases of many days in every state, at prices that are not whole."""
    place = world.mine.location
    for position, status in enumerate([*Status, Status.PURCHASED, Status.REJECTED]):
        purchase = make_purchase(
            f"+1830680{position:04}",
            location=place,
            status=status,
            reason="Phone number is no longer available" if status == Status.REJECTED else "",
            monthly_price=Decimal("2.3500") if position % 2 else None,
            price_unit="USD" if position % 2 else "",
        )
        Purchase.objects.filter(pk=purchase.pk).update(created_at=timezone.now() - timedelta(days=position * 2))
    for position in range(2):
        make_number(f"+1830690{position:04}", location=place, sid=f"PN{position:032}")
    order = make_submitted(OrderStatus.RUNNING, requested_by=world.people["Buyer"], name="Zamora")
    for position, status in enumerate(Status):
        buy_for(make_line(order, f"+1830691{position:04}", location=place), status=status)


def calls(*, errors: int, limited: int) -> None:
    """Calls of two hours, as fast as milliseconds and as slow as seconds, more than a thousand in one."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for ago, many, seconds in ((0, 1_234, 0.12), (1, 1, 2.5)):
        CallTally.objects.create(
            hour=hour - timedelta(hours=ago),
            process="worker-1",
            endpoint="purchase",
            calls=many,
            errors=errors,
            limited=limited,
            refused=limited,
            latencies={str(bucket_of(seconds)): many},
            budget_peak=40 if ago else None,
        )
