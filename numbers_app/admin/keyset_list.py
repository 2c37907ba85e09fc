"""The lists of purchases and numbers: filters that an address carries, a line that sums up, and pages by key.

A list costs no more at a million rows than at a thousand: of what fits the filters up to `MOST_COUNTED` rows' places
are read, and sorted and summed up. Where there are more, the page is read in the order of an index.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.templatetags.unfold_list import result_headers
from unfold.views import ChangeList

from numbers_app.admin.base import ReadOnlyAdmin
from numbers_app.admin.filtering import draw_fields
from numbers_app.admin.paging import (
    AFTER,
    BEFORE,
    LAST,
    POSITIONS,
    Order,
    Page,
    Place,
    Position,
    page_of_few,
    page_of_many,
)
from numbers_app.admin.rows import draw_rows
from numbers_app.formatting import show_count
from numbers_app.history_forms import OLD_NAMES, ListFilters
from numbers_app.narrowing import MOST_COUNTED, as_many_as, count_up_to, narrow

NOT_FILTERS = {SEARCH_VAR, ORDER_VAR, *POSITIONS}


class Chip(NamedTuple):
    """A filter that is on, and the address of the list without it."""

    label: str
    text: str
    without: str


class Mistake(NamedTuple):
    """A filter that is wrong and was left out."""

    label: str
    typed: str
    says: str


class KeysetList(ChangeList):  # type: ignore[misc]  # Unfold is not typed
    """Django's list of an admin, with its filters, counts and pages replaced."""

    model_admin: KeysetAdmin

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Everything that fits the filters and the search, in the order of the list."""
        asked = {OLD_NAMES.get(name, name): str(text) for name, text in request.GET.items() if text}
        self.position = Position.read(asked)
        self.filters = self.model_admin.filters_class(asked, user=request.user)
        known = {*self.filters.fields, SEARCH_VAR, ORDER_VAR}
        self.unknown = sorted({*asked} - known - {*POSITIONS, *self.model_admin.borne})
        # What the links of the page carry on.
        self.filter_params = {name: [text] for name, text in asked.items() if name in known}
        self.filter_specs: list[Any] = []
        self.has_filters = False
        self.has_active_filters = bool(self.filters.chosen or self.mistakes)
        self.clear_all_filters_qs = self.get_query_string(remove=list(self.filters.fields))
        self.order = self.model_admin.order_of(self.filters.chosen, descending=self.is_descending())
        self.visible = self.model_admin.rows_for_list(request)
        rows = narrow(self.visible, self.filters.chosen)
        chosen = self.filters.chosen
        self.at_least = (
            self.model_admin.found_at_least(rows, self.query) if self.query else as_many_as(self.visible, chosen)
        )
        rows, _duplicates = self.model_admin.get_search_results(request, rows, self.query)
        return rows.order_by(*self.order.by())

    def is_descending(self) -> bool:
        """As the head of a column asked, or as the list is by itself; all of its columns that sort do so alike."""
        asked = self.get_ordering_field_columns() if ORDER_VAR in self.params else {}
        ways = [way for column, way in asked.items() if column in self.sortable_columns()]
        return ways[0] == "desc" if ways else self.model_admin.newest_first

    def get_ordering_field_columns(self) -> dict[int, str]:
        """What the heads of the columns show: nothing, where a filter has brought an order of its own."""
        order = getattr(self, "order", None)
        if order and order.columns[0] in self.model_admin.own_orders:
            return {}
        found: dict[int, str] = super().get_ordering_field_columns()
        return found

    def sortable_columns(self) -> list[int]:
        return [at for at, name in enumerate(self.list_display) if name in self.sortable_by]

    def get_results(self, request: HttpRequest) -> None:
        few = self.order.of_few
        # Places that are more than keys take thrice as long to read as to count.
        counted_first = self.at_least if len(few.columns) == 1 or self.query else self.queryset
        self.is_more = count_up_to(counted_first, MOST_COUNTED) > MOST_COUNTED
        places = [] if self.is_more else self.read_places(few)
        self.is_more = self.is_more or len(places) > MOST_COUNTED
        self.result_count = MOST_COUNTED + 1 if self.is_more else len(places)
        size = self.list_per_page
        self.summary: Any = None
        if self.is_more:
            place = self.place_of(self.position, self.order)
            self.page = page_of_many(self.queryset, self.position, place, order=self.order, size=size)
        else:
            place = self.place_of(self.position, few)
            self.page = page_of_few(places, self.position, place, order=few, size=size)
            self.summary = self.model_admin.sum_up(self.queryset) if places else None
        self.result_list = self.rows_of(self.page)
        # The line on top says how many there are; the head of the page, which would say it wrongly, says nothing.
        self.show_full_result_count, self.full_result_count = False, self.result_count
        self.show_admin_actions = self.can_show_all = False
        self.multi_page = self.page.has_previous or self.page.has_next
        self.paginator = None

    def place_of(self, position: Position, order: Order) -> Place | None:
        """Where the row stands that a page begins at; None for the beginning, and for a row that has no place there."""
        if position.row is None:
            return None
        if order.columns == ("id",):
            return (position.row,)
        found: Place | None = self.visible.filter(pk=position.row).values_list(*order.columns).first()
        return None if found is None or None in found else found  # by price, what has none stands nowhere

    def read_places(self, order: Order) -> list[Place]:
        """The places of all rows, or of one more than `MOST_COUNTED`."""
        # Without an order to think of, no database can choose to read the rows of others on its way.
        return list(self.queryset.order_by().values_list(*order.columns)[: MOST_COUNTED + 1])

    def rows_of(self, page: Page) -> list[Any]:
        """The rows of a page, read by their keys: where the selection names others too, SQLite begins with those."""
        if not page.keys:
            return []
        found = self.model_admin.for_display(self.visible).in_bulk(list(page.keys), field_name=self.order.key)
        return [found[key] for key in page.keys if key in found]

    # ── What the page shows

    @cached_property
    def heads(self) -> list[dict[str, Any]]:
        return list(result_headers(self))

    @property
    def drawn_rows(self) -> Iterator[SafeString]:
        return draw_rows(self, [str(head["text"]) for head in self.heads])

    @property
    def drawn_fields(self) -> SafeString:
        return draw_fields(self.filters)

    @property
    def mistakes(self) -> list[Mistake]:
        form = self.filters
        return [
            Mistake(label=str(form[name].label), typed=str(form[name].value() or ""), says=says)
            for name, errors in form.errors.items()
            for says in map(str, errors)
        ]

    @property
    def chips(self) -> list[Chip]:
        form = self.filters
        on = [name for name in form.fields if name not in form.errors and form.cleaned_data.get(name) not in (None, "")]
        return [Chip(str(form[name].label), form.in_words(name), self.get_query_string(remove=[name])) for name in on]

    @property
    def without_query(self) -> str:
        return str(self.get_query_string({SEARCH_VAR: None}))

    @property
    def summary_parts(self) -> list[str]:
        """What the line on top says besides how many there are."""
        parts: list[str] = self.model_admin.in_words(self.summary) if self.summary is not None else []
        return parts

    @property
    def order_note(self) -> str:
        """An order that no head of a column shows."""
        return str(self.model_admin.own_orders.get(self.order.columns[0], ""))

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a form of filters carries along: the search and the order."""
        return [(name, texts[0]) for name, texts in self.filter_params.items() if name in (SEARCH_VAR, ORDER_VAR)]

    @property
    def how_many(self) -> str:
        words = self.model_admin
        if self.is_more:
            return str(words.more_than % {"many": show_count(MOST_COUNTED)})
        return words.so_many(self.result_count) % {"many": show_count(self.result_count)}

    @property
    def links(self) -> dict[str, str]:
        """The addresses of the other pages, by name; none where there is no such page."""
        found = {}
        if self.page.has_previous:
            found["first"] = self.get_query_string()
            if self.result_list:
                found["previous"] = self.get_query_string({BEFORE: self.result_list[0].pk})
        if self.page.has_next:
            if self.result_list:
                found["next"] = self.get_query_string({AFTER: self.result_list[-1].pk})
            found["last"] = self.get_query_string({LAST: 1})
        return found

    @property
    def span(self) -> str:
        """Which rows these are, where that is known."""
        if self.page.first_index is None or not self.result_list or not self.multi_page:
            return ""
        first = self.page.first_index + 1
        said = {
            "first": show_count(first),
            "last": show_count(first + len(self.result_list) - 1),
            "many": show_count(self.result_count),
        }
        return _("%(first)s to %(last)s of %(many)s") % said


class KeysetAdmin(ReadOnlyAdmin):
    """Shows its rows in a `KeysetList`."""

    change_list_template = "admin/numbers_app/history/list.html"
    filters_class: type[ListFilters]
    newest_first = False
    own_orders: dict[str, Any] = {}
    """Columns that no head sorts by, but a filter by them does; and how the page says it."""
    only: tuple[str, ...] = ()
    """The columns that the list shows."""
    page_tells_of: tuple[str, ...]
    """The rows that belong to one, and that its page shows."""
    summary_template = "admin/numbers_app/history/summary.html"
    borne = frozenset({"p", "e", "all", "_popup", "_to_field"})
    """Names in addresses that mean nothing here, and are no mistake: old links have them."""
    more_than: Any
    narrowing_hint: Any
    """What a narrower list would tell, where there are more rows than are counted."""
    search_fields = ["pk"]  # shows the box; `get_search_results` does the search
    list_per_page = 50
    list_fullwidth = True
    show_full_result_count = False
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetList]:
        return KeysetList

    def refuse_odd(self, request: HttpRequest) -> None:
        """Nothing is odd here: the filters say what is wrong with what they are asked for."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With what its page tells of, read at once."""
        rows = self.get_queryset(request).select_related(*self.page_tells_of)
        try:
            return rows.get(pk=self.opts.pk.to_python(object_id))
        except (self.model.DoesNotExist, ValidationError, ValueError):
            return None

    def say_that_it_is_not_there(self, request: HttpRequest, object_id: str) -> HttpResponse:
        missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return missing

    def page_context(self, request: HttpRequest, *, title: str) -> dict[str, Any]:
        """What the page of one row needs besides its own."""
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "crumb": title,
            "adminform": True,  # with this, Unfold draws the way back to the list
            "preserved_filters": self.get_preserved_filters(request),  # as it was filtered
        }

    def rows_for_list(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.visible_by_keys(request.user)
        return rows

    def for_display(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related(*self.list_select_related).only(*self.only)

    def found_at_least(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Rows that a search finds for certain, and that are counted faster than all that it finds."""
        return rows.none()

    def order_of(self, chosen: dict[str, Any], *, descending: bool) -> Order:
        raise NotImplementedError

    def sum_up(self, rows: QuerySet[Any]) -> Any:
        """What the line on top says of rows, which are few, besides how many there are."""
        raise NotImplementedError

    def in_words(self, summary: Any) -> list[str]:
        """What it has summed up, for people."""
        raise NotImplementedError

    def so_many(self, many: int) -> str:
        raise NotImplementedError
