"""Reads the agency's locations from the provider."""

from __future__ import annotations

from typing import Any

from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.management.outcomes import WAITING, OperatorCommand
from numbers_app.provider import NoToken
from numbers_app.syncing import sync_locations


class Command(OperatorCommand):
    help = "Adds and updates every location of the agency. Exit codes: 0 done, 2 the provider's list could not be read."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = sync_locations()
        except (LeadConnectorError, NoToken) as error:
            lines = [f"The locations could not be read. {error}"]
            self.show({"locations": None, "error": str(error)}, lines, as_json=options["json"])
            self.end(WAITING)
        else:
            self.show({"locations": count, "error": ""}, [f"{count} locations are in step."], as_json=options["json"])
