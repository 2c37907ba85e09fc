"""The sidebar, and what every page knows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from numbers_app import frame, review
from numbers_app.admin.reviewing import REVIEW
from numbers_app.models.permissions import MAY_BUY, MAY_REVIEW, SEE_LOCATIONS, SEE_PURCHASES

ORDERS = "admin:numbers_app_purchaseorder_changelist"


@dataclass(frozen=True, eq=False)
class Page:
    """One line of the sidebar; ``permission`` is empty for what everybody may open.

    Each is equal to itself alone: what is kept by it must not depend on its title, which is another in each language.
    """

    title: str | Promise
    icon: str
    name: str
    permission: str


WORK = (
    Page(_("Desk"), "space_dashboard", "admin:index", ""),
    Page(_("Buy a number"), "add_call", "admin:numbers_app_purchase_buy", MAY_BUY),
    Page(_("Search"), "search", "admin:numbers_app_purchase_search", MAY_BUY),
    Page(_("Review desk"), "person_alert", REVIEW, MAY_REVIEW),
    Page(_("Orders"), "shopping_cart", ORDERS, SEE_PURCHASES),
    Page(_("Purchases"), "receipt_long", "admin:numbers_app_purchase_changelist", SEE_PURCHASES),
    Page(_("Numbers"), "dialpad", "admin:numbers_app_phonenumber_changelist", "numbers_app.view_phonenumber"),
    Page(_("Locations"), "storefront", "admin:numbers_app_location_changelist", SEE_LOCATIONS),
    Page(_("Help"), "help", "help", ""),
)
ADMINISTRATION = (
    Page(_("Limits"), "price_check", "admin:numbers_app_limits_changelist", "numbers_app.view_limits"),
    Page(_("Tags"), "sell", "admin:numbers_app_tag_changelist", "numbers_app.view_tag"),
    Page(_("API tokens"), "key", "admin:numbers_app_apitoken_changelist", "numbers_app.view_apitoken"),
    Page(_("Users"), "person", "admin:auth_user_changelist", "auth.view_user"),
    Page(_("Groups"), "groups", "admin:auth_group_changelist", "auth.view_group"),
)

LINK = (
    '<li><a href="{}" class="flex h-[38px] items-center -mx-3 px-3 rounded-default hover:text-primary-600'
    ' dark:hover:text-primary-500{}"{}><span class="material-symbols-outlined md-18 mr-3 w-[18px]" aria-hidden="true">'
    "{}</span><span>{}</span>{}</a></li>"
)
CURRENT = " bg-base-100 font-semibold text-primary-600 dark:bg-white/[.06] dark:text-primary-500 active"
CURRENT_MARK = format_html(' aria-current="{}"', "page")
BADGE = (
    '<span class="font-semibold h-[18px] leading-[18px] ml-2 px-1 relative rounded-xs text-center text-[11px]'
    " whitespace-nowrap uppercase min-w-[18px] bg-red-100 text-red-700 dark:bg-red-500/20"
    ' dark:text-red-400">{}</span>'
)


def global_context(request: HttpRequest) -> dict[str, Any]:
    may_see = request.user.has_perm(SEE_LOCATIONS)
    return {
        "sandbox": settings.SANDBOX,
        "stopped_queue": review.longest_stopped(request.user) if may_see and counts(request).stopped else None,
        "may_review": request.user.has_perm(MAY_REVIEW),
        "colors": None,  # Unfold would write them into each page, which the policy forbids; they are in colours.css
    }


def site_names() -> dict[str, Any]:
    """What a part of a page needs that comes by itself, to name the desk as the whole page did."""
    return {"site_title": settings.UNFOLD["SITE_TITLE"], "site_header": settings.UNFOLD["SITE_HEADER"]}


def counts(request: HttpRequest) -> frame.Counts:
    """How much waits for the user. The sidebar and the banner ask for it, the database once."""
    known = vars(request)
    if "frame_counts" not in known:
        known["frame_counts"] = frame.count_for(request.user)
    found: frame.Counts = known["frame_counts"]
    return found


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages that the user may open, in the order of the work."""
    groups = [("", allowed_pages(request, WORK)), (_("Administration"), allowed_pages(request, ADMINISTRATION))]
    prefix = get_script_prefix()
    links = {page: address(page, prefix) for _title, pages in groups for page in pages}
    current = current_link(request, list(links.values()))
    return [
        {"title": title, "separator": bool(title), "lines": draw_lines(request, pages, links, current)}
        for title, pages in groups
        if pages
    ]


def draw_lines(request: HttpRequest, pages: list[Page], links: dict[Page, str], current: str) -> SafeString:
    language = get_language()
    lines = (
        draw_link(page, links[page], language, is_current=links[page] == current, badge=badge(request, page))
        for page in pages
    )
    return format_html_join("", "{}", ((line,) for line in lines))


def allowed_pages(request: HttpRequest, pages: tuple[Page, ...]) -> list[Page]:
    return [page for page in pages if not page.permission or request.user.has_perm(page.permission)]


@cache
def address(page: Page, _prefix: str) -> str:
    """Where the page is; ``_prefix`` is what stands before every address, as long as this one runs below another."""
    return reverse(page.name)


@lru_cache(maxsize=512)
def draw_link(page: Page, link: str, _language: str | None, *, is_current: bool, badge: str) -> SafeString:
    """One line. It names the page that is open also to a screen reader, and leaves the icon out.

    Kept by all that it is drawn from: every page has all the lines.
    """
    here = (CURRENT, CURRENT_MARK) if is_current else ("", "")
    return format_html(LINK, link, *here, page.icon, page.title, format_html(BADGE, badge) if badge else "")


def badge(request: HttpRequest, page: Page) -> str:
    """How much waits for the user on that page; empty where nothing does."""
    if page.name not in (REVIEW, ORDERS):
        return ""
    at_desk, orders, stopped = counts(request)
    many = at_desk + stopped if page.name == REVIEW else orders
    return f"{review.MOST_COUNTED - 1}+" if many >= review.MOST_COUNTED else str(many or "")


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu of the user's own; the page on which one signs in has none."""
    user: Any = request.user
    if not user.is_authenticated:
        return []
    links = [{"title": _("My mails"), "link": reverse("admin:numbers_app_mailpreference_mine")}]
    if user.has_usable_password():
        links.append({"title": _("Change password"), "link": reverse("admin:password_change")})
    return links


def current_link(request: HttpRequest, links: list[str]) -> str:
    """The link that leads here or nearest above: *Buy a number* stands below *Purchases* in the addresses."""
    index = reverse("admin:index")
    above = [link for link in links if request.path == link or (link != index and request.path.startswith(link))]
    return max(above, key=len, default="")
