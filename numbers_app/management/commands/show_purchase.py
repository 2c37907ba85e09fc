"""Shows a purchase, with all of its history."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from numbers_app.management.outcomes import BadInput, OperatorCommand, exit_code
from numbers_app.models import Purchase
from numbers_app.selectors import purchase_as_data, purchase_in_lines


class Command(OperatorCommand):
    help = "Shows one purchase. Exit codes: 0 bought, 1 not bought, 2 unknown or still waiting, 64 no such purchase."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("id", type=int, help="the purchase's number, as in #12")

    def handle(self, *args: Any, **options: Any) -> None:
        purchase = Purchase.objects.select_related("location").filter(pk=options["id"]).first()
        if purchase is None:
            raise BadInput(f"id: there is no purchase #{options['id']}.")
        self.show(purchase_as_data(purchase), purchase_in_lines(purchase), as_json=options["json"])
        self.end(exit_code(purchase))
