"""Books in every state, for pages that are read in both languages."""

from __future__ import annotations

from decimal import Decimal

from django.forms import ChoiceField, ModelChoiceField
from django.utils import timezone

from numbers_app.history_forms import ListFilters, NumberFilters, PurchaseFilters, flat
from numbers_app.models import (
    Answer,
    Happening,
    Limits,
    Location,
    LocationEvent,
    LookUpResult,
    Mail,
    MailKind,
    OrderHappening,
    OrderPart,
    OrderStatus,
    Problem,
    Purchase,
    PurchaseEvent,
    PurchaseOrder,
    RejectedRow,
    Source,
    Status,
    Substitution,
    Via,
)
from numbers_app.record import MOST_LOOK_UPS
from tests.admin.ordering import add_wants, address, begin, previewed
from tests.admin.world import World, change_page
from tests.carried_out import buy_for, make_line, make_submitted, note
from tests.factories import make_attempt, make_look_up, make_number, make_purchase

PROVIDERS = "Phone number is no longer available"
REASONS = {
    Status.QUEUED: "The provider's request limit for this location is used up for the moment.",
    Status.ON_HOLD: "The order was paused.",
    Status.UNCERTAIN: "The connection broke after 60.0 s, before a reply came: timed out",
    Status.NEEDS_REVIEW: "The provider's list could not be read in time, so a person must decide. "
    "The provider answered with status 502 and no explanation. (status 502) (trace 00-ab)",
    Status.REJECTED: PROVIDERS,
    Status.FAILED: "Two full reads of the provider's list did not show the number: it was not bought. "
    "Given up after 3 attempts without an answer.",
    Status.CANCELLED: "Price has risen. 2.15 USD instead of 1.15 USD a month.",
    Status.PURCHASED: "The reply's numbers map shows the number.",
}
ANSWERS = {Status.PURCHASED: Answer.BOUGHT, Status.REJECTED: Answer.REFUSED, Status.QUEUED: Answer.NOT_SENT}


def fill(world: World) -> list[str]:
    """Returns the addresses of the pages."""
    Limits.objects.update_or_create(
        pk=Limits.ONLY, defaults={"monthly_cap": Decimal(90), "numbers_a_day": 500, "approval_over_numbers": 3}
    )
    addresses = [
        *purchases(world),
        *orders(world),
        *drafts(world),
        *review(world),
        address("new"),
    ]
    # A label is data: its words must not hide the desk's own.
    OrderPart.objects.filter(label="Pasted numbers").update(label="Spring sale")
    return addresses


def purchases(world: World) -> list[str]:
    made = []
    for position, status in enumerate(Status):
        purchase = make_purchase(
            f"+1830600{position:04}",
            location=world.mine.location,
            status=status,
            reason=REASONS.get(status, ""),
            monthly_price=Decimal("1.1500"),
            price_unit="USD",
            account_sid="AC" + "5" * 32 if status == Status.PURCHASED else "",
        )
        attempt = make_attempt(
            purchase,
            answer=ANSWERS.get(status, Answer.UNKNOWN),
            status_code=400,
            words=REASONS.get(status, ""),
            reply_body='{"message": "Too bad"}',
            request_body={"phoneNumber": purchase.phone_number},
        )
        history(purchase, attempt, world)
        made.append(purchase)
    again = make_purchase("+18306009999", location=world.mine.location, again_of=made[-1])
    return [change_page(purchase) for purchase in (*made, again, *records(world))]


def records(world: World) -> list[Purchase]:
    """Purchases whose pages have more to tell: of doubt, a substitute, a decision against it, an adoption."""
    place, approver = world.mine.location, world.people["Approver"]
    taken, uncertain, declined, adopted = (
        make_purchase(f"+1830601{position:04}", location=place, status=status, **columns)
        for position, (status, columns) in enumerate(
            (
                (Status.REJECTED, {"reason": PROVIDERS}),
                (Status.UNCERTAIN, {"reason": REASONS[Status.UNCERTAIN], "absent_at": timezone.now()}),
                (Status.CANCELLED, {"reason": "Declined."}),
                (Status.PURCHASED, {"confirmed_by": "list"}),
            )
        )
    )
    because = f"In place of {taken.phone_number} (purchase #{taken.pk}), which was taken. Rule: Same digits."
    instead = make_purchase("+18306019999", location=place, substitute_of=taken, reason=because)
    for purchase, status in ((uncertain, "uncertain"), (instead, "queued")):
        PurchaseEvent.objects.create(
            purchase=purchase, at=timezone.now(), from_status="submitting", to_status=status, because=purchase.reason
        )
    for turn in range(MOST_LOOK_UPS + 3):
        result = list(LookUpResult)[turn % len(LookUpResult)]
        make_look_up(uncertain, result, words=REASONS[Status.UNCERTAIN] if result == LookUpResult.UNREADABLE else "")
    make_look_up(uncertain, LookUpResult.UNREADABLE, words=PROVIDERS, status_code=400, trace_id="00-ab")
    PurchaseOrder.objects.filter(pk=declined.order_id).update(
        status=OrderStatus.DECLINED, decided_by=approver, decided_at=timezone.now(), submitted_at=timezone.now()
    )
    note(declined.order, OrderHappening.DECLINED, because="Declined.", actor=approver)
    PurchaseEvent.objects.create(
        purchase=declined, at=timezone.now(), from_status="", to_status="awaiting_approval", because="Asked for."
    )
    PurchaseOrder.objects.filter(pk=adopted.order_id).update(via=Via.ADOPTED)
    make_number(adopted.phone_number, location=place, gone_at=timezone.now(), service="conversation")
    return [taken, uncertain, instead, declined, adopted]


def lists(world: World) -> list[str]:
    """The two long lists by each of their filters, with each mistake that one can make, and with nothing found."""
    found = []
    for model, form in (("purchase", PurchaseFilters), ("phonenumber", NumberFilters)):
        filters = form({}, user=world.people["root"])
        asked = [f"{name}={value}" for name in filters.fields for value in values_of(filters, name)]
        wrong = [f"{name}=%7Bx%7D" for name in filters.fields]
        found += [f"/admin/numbers_app/{model}/?{query}" for query in (*asked, *wrong, "zzz=1", "q=zzz", "q=830")]
    reversed_ones = ("first_day=2026-03-31&last_day=2026-03-01", "price_from=2.5&price_to=1.5")
    prices = ("price_from=-1", "price_from=1234567", "price_to=1.23456")
    others = ("period=today&first_day=2026-03-01", "order=999999", "o=1", "o=-1", *reversed_ones, *prices)
    return found + [f"/admin/numbers_app/purchase/?{query}" for query in others]


def values_of(filters: ListFilters, name: str) -> list[str]:
    """What can be chosen under a filter, a few countries of all; of what is typed, one."""
    field = filters.fields[name]
    if isinstance(field, ModelChoiceField):
        return [str(row.pk) for row in field.queryset[:1]]
    if isinstance(field, ChoiceField):
        return [str(value) for value, _label in flat(field.choices) if value][:20]
    return [{"first_day": "2026-03-01", "last_day": "2030-03-31", "order": "1", "region": "TX"}.get(name, "1.15")]


def history(purchase: Purchase, attempt: object, world: World) -> None:
    steps = (
        ("", "queued", "Asked for.", None),
        ("queued", "submitting", "Attempt 1 is sent to the provider.", attempt),
        ("submitting", purchase.status, purchase.reason, attempt),
    )
    for before, after, because, by in steps:
        PurchaseEvent.objects.create(
            purchase=purchase, at=timezone.now(), from_status=before, to_status=after, because=because, attempt=by
        )


def orders(world: World) -> list[str]:
    """An order in each state in which one is carried out, with lines in every state."""
    buyer, approver = world.people["Buyer"], world.people["Approver"]
    made = []
    for number, status in enumerate(OrderStatus):
        if status in (OrderStatus.DIRECT, OrderStatus.DRAFT, OrderStatus.PREVIEWING, OrderStatus.PREVIEWED):
            continue
        order = make_submitted(status, requested_by=buyer, name="Zamora")
        for position, at in enumerate(Status):
            line = make_line(order, f"+1830{number}10{position:04}", location=world.mine.location)
            line.substitution = list(Substitution)[position % len(Substitution)]
            buy_for(line, status=at, reason=REASONS.get(at, ""))
        for happened in OrderHappening:
            note(order, happened, because=HAPPENED.get(happened, ""), actor=approver)
        made.append(order)
    for kind in MailKind:
        Mail.objects.create(recipient=buyer, kind=kind, order=made[0])
    return [change_page(order).replace("purchaseorder", "purchaseorder") for order in made]


HAPPENED = {
    OrderHappening.DRAFTED: "Begun.",
    OrderHappening.CHANGED: "5 added: Spring sale.",
    OrderHappening.PREVIEWED: "4 of 5 can be bought.",
    OrderHappening.SUBMITTED: "4 numbers for 4.60 USD a month. It asks for 4 numbers; over 3 needs a second person.",
    OrderHappening.APPROVED: "Approved.",
    OrderHappening.DECLINED: "Declined.",
    OrderHappening.PAUSED: "Paused.",
    OrderHappening.RESUMED: "Resumed.",
    OrderHappening.CANCELLED: "Cancelled by hand.",
    OrderHappening.RETRIED: "2 asked for again.",
    OrderHappening.FINISHED: "4 of 5 bought.",
}


def drafts(world: World) -> list[str]:
    root, place = world.people["root"], world.mine.location
    empty, plain, found, bad = (begin(root, name) for name in ("Zulia", "Zamora", "Zacapa", "Zapopan"))
    add_wants(plain, [place], each=2)
    add_wants(found, [place], each=3)
    previewed(found)
    add_wants(bad, [place], each=len(Problem))
    for line, problem in zip(bad.lines.order_by("pk"), Problem, strict=True):
        line.problem, line.words, line.checked_at = problem, PROVIDERS, timezone.now()
        line.save()
    part = OrderPart.objects.create(order=bad, source=Source.FILE, label="numeros.csv")
    RejectedRow.objects.create(
        part=part,
        row=3,
        cells={"phone_number": "x"},
        errors={"phone_number": "“x” is not a phone number.", "country": "Name the country, such as US."},
    )
    moving = begin(root, "Zulia")
    add_wants(moving, [place])
    type(moving).objects.filter(pk=moving.pk).update(status=OrderStatus.PREVIEWING, next_action_at=timezone.now())
    pages = [address("change", order.pk) for order in (empty, plain, found, bad, moving)]
    inner = [address(name, plain.pk) for name in ("want", "import", "paste")]
    return [*pages, *inner, address("rejected", bad.pk, part.pk)]


def review(world: World) -> list[str]:
    place = world.mine.location
    make_number("+18306500001", location=place, sid="PN" + "1" * 32)
    gone = make_number("+18306500002", location=place, sid="PN" + "2" * 32)
    type(gone).objects.filter(pk=gone.pk).update(gone_at=timezone.now())
    because = "Invalid token (status 401) (trace 00-ab)"
    stopped = Location.objects.create(
        location_id="stopped00000000001", name="Zaragoza", paused_at=timezone.now(), paused_because=because,
        sync_error="No API token for Zaragoza: enter one under API tokens, or set LEADCONNECTOR_TOKEN.",
    )  # fmt: skip
    LocationEvent.objects.create(location=stopped, at=timezone.now(), what=Happening.PAUSED, because=because)
    waits = make_purchase("+18306600001", location=stopped)
    doubtful = Purchase.objects.filter(status__in=(Status.UNCERTAIN, Status.NEEDS_REVIEW))
    return [
        change_page(waits),
        change_page(stopped),
        *(f"/admin/numbers_app/purchase/{purchase.pk}/review/" for purchase in doubtful),
    ]
