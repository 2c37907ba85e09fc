"""The review desk: everything that waits for a person, on one page."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from numbers_app import review
from numbers_app.forms import ReasonForm
from numbers_app.models import Location, PhoneNumber
from numbers_app.models.permissions import MAY_REVIEW
from numbers_app.purchasing.adopting import adopt, note_gone, read_again
from numbers_app.purchasing.deciding import DecisionRefused, FactsChanged, resume_seen, stop_seen
from numbers_app.selectors import is_key

REVIEW = "admin:numbers_app_purchase_review_desk"
EVERYWHERE = "all"
FROM_BANNER = "Resumed from the banner."


class ReviewDeskView(UnfoldModelAdminViewMixin, TemplateView):  # type: ignore[misc]  # Unfold is not typed
    """Lists what waits for a person, and does what the person says: each of its buttons is an entry of ``ACTS``."""

    title = gettext_lazy("Review desk")
    permission_required = (MAY_REVIEW,)
    raise_exception = True
    template_name = "admin/numbers_app/review/desk.html"
    model_admin: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        shown = review.sections(user, self.request.GET)
        return super().get_context_data(
            **kwargs,
            **shown,
            nothing=not any(page.paginator.count for page in shown.values()),
            orphan_places=review.places(review.orphan_rows(user)),
            vanished_places=review.places(review.vanished_rows(user)),
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        section, act = ACTS.get(request.POST.get("do", ""), ("", refuse_unknown))
        try:
            said = act(request)
        except DecisionRefused as refusal:
            typed = {
                "section": section,
                "problem": str(refusal),
                "reason": request.POST.get("reason", ""),
                "place": request.POST.get("place", ""),
                "chosen": set(chosen(request)),
                "stopped": set(map(int, seen_stops(request))),
            }
            return self.render_to_response(self.get_context_data(typed=typed))
        messages.success(request, said)
        return HttpResponseRedirect(reverse(REVIEW))


def refuse_unknown(request: HttpRequest) -> str:
    raise DecisionRefused(_("Press one of the buttons."))


def reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise DecisionRefused(form.errors["reason"][0])
    return str(form.cleaned_data["reason"])


def chosen(request: HttpRequest) -> list[int]:
    return [int(key) for key in request.POST.getlist("chosen") if is_key(key)]


def chosen_rows(request: HttpRequest, rows: QuerySet[Any]) -> list[int]:
    """What was ticked, of what the user may see."""
    ticked = chosen(request)
    found = list(rows.filter(pk__in=ticked).values_list("pk", flat=True))
    refuse_none(ticked, found)
    return found


def refuse_none(ticked: Collection[Any], found: Collection[Any]) -> None:
    if not ticked:
        raise DecisionRefused(_("Tick at least one row."))
    if not found:
        raise FactsChanged(_("What you ticked is no longer here: somebody was faster."))


def all_rows(request: HttpRequest, rows: QuerySet[PhoneNumber]) -> list[int]:
    """All numbers of the location that was chosen, if they are as many as the person was shown."""
    place, _colon, seen = request.POST.get("place", "").partition(":")
    if is_key(place):
        rows = rows.filter(location=int(place))
    elif place != EVERYWHERE:
        raise DecisionRefused(_("Choose a location."))
    return as_many_as_seen(list(rows.values_list("pk", flat=True)), seen)


def as_many_as_seen(ids: list[int], seen: str) -> list[int]:
    if str(len(ids)) != seen:
        words = _("Meanwhile there are %(now)d and not %(seen)s. Look at the list again, and press once more.")
        raise FactsChanged(words % {"now": len(ids), "seen": seen[:18] or 0})
    return ids


def adopt_numbers(request: HttpRequest, ids: list[int]) -> str:
    many = adopt(ids, because=reason(request), actor=request.user)
    if not many:
        raise FactsChanged(_("Somebody was faster: there is nothing left to adopt."))
    return ngettext("%(count)d number was adopted.", "%(count)d numbers were adopted.", many) % {"count": many}


def note_numbers(request: HttpRequest, ids: list[int]) -> str:
    many = note_gone(ids, because=reason(request), actor=request.user)
    if not many:
        raise FactsChanged(_("Somebody was faster: there is nothing left to note."))
    return ngettext("%(count)d number was noted as gone.", "%(count)d numbers were noted as gone.", many) % {
        "count": many
    }


def read_numbers(request: HttpRequest, rows: QuerySet[PhoneNumber]) -> str:
    numbers = PhoneNumber.objects.filter(pk__in=chosen_rows(request, rows))
    places = set(numbers.values_list("location_id", flat=True))
    read_again(places)
    words = ngettext(
        "The numbers of %(count)d location are being read from the provider. Reload the page in a moment.",
        "The numbers of %(count)d locations are being read from the provider. Reload the page in a moment.",
        len(places),
    )
    return words % {"count": len(places)}


def resume_chosen(request: HttpRequest) -> str:
    why = reason(request)
    seen = seen_stops(request)
    locations = list(Location.objects.visible_to(request.user).filter(pk__in=map(int, seen)))
    refuse_none(seen, locations)
    return resume(request, [(location, seen[str(location.pk)]) for location in locations], why)


def seen_stops(request: HttpRequest) -> dict[str, str]:
    """A ticked row says which queue was seen to be stopped, and since when."""
    ticked = (text.partition(":") for text in request.POST.getlist("stopped"))
    return {key: since for key, _colon, since in ticked if is_key(key)}


def resume_all(request: HttpRequest) -> str:
    why = reason(request)
    locations = list(review.stopped(request.user))
    as_many_as_seen([location.pk for location in locations], request.POST.get("total", ""))
    return resume(request, [(location, stop_seen(location)) for location in locations], why)


@transaction.atomic
def resume(request: HttpRequest, seen: list[tuple[Location, str]], why: str) -> str:
    """All or none, locked in one order."""
    in_order = sorted(seen, key=lambda pair: pair[0].pk)
    many = sum(resume_seen(location.pk, because=why, actor=request.user, seen=since) for location, since in in_order)
    if not many:
        raise FactsChanged(_("Somebody was faster: nothing of this is stopped any more."))
    return ngettext("%(count)d queue goes on.", "%(count)d queues go on.", many) % {"count": many}


def orphans_of(request: HttpRequest) -> QuerySet[PhoneNumber]:
    return review.orphan_rows(request.user)


def vanished_of(request: HttpRequest) -> QuerySet[PhoneNumber]:
    return review.vanished_rows(request.user)


# What each button does, and the section in which it stands.
ACTS: dict[str, tuple[str, Callable[[HttpRequest], str]]] = {
    "adopt": ("orphans", lambda request: adopt_numbers(request, chosen_rows(request, orphans_of(request)))),
    "adopt_all": ("orphans", lambda request: adopt_numbers(request, all_rows(request, orphans_of(request)))),
    "read_orphans": ("orphans", lambda request: read_numbers(request, orphans_of(request))),
    "note": ("vanished", lambda request: note_numbers(request, chosen_rows(request, vanished_of(request)))),
    "note_all": ("vanished", lambda request: note_numbers(request, all_rows(request, vanished_of(request)))),
    "read_vanished": ("vanished", lambda request: read_numbers(request, vanished_of(request))),
    "resume": ("stopped", resume_chosen),
    "resume_all": ("stopped", resume_all),
}


def resume_from_banner(request: HttpRequest, object_id: str) -> HttpResponse:
    """One click on any page: its reason is that it was one click."""
    if not request.user.has_perm(MAY_REVIEW):
        raise PermissionDenied
    if not is_key(object_id):
        raise Http404
    location = get_object_or_404(Location.objects.visible_to(request.user), pk=object_id)
    try:
        went = resume_seen(location.pk, because=FROM_BANNER, actor=request.user, seen=request.POST.get("seen", ""))
    except FactsChanged as refusal:
        messages.error(request, str(refusal))
    else:
        words = _("The queue of %(location)s goes on.") if went else _("The queue of %(location)s was not stopped.")
        messages.success(request, words % {"location": location.name})
    return HttpResponseRedirect(back_to(request))


def back_to(request: HttpRequest) -> str:
    """The page that the button stood on, if it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours else reverse("admin:index")
