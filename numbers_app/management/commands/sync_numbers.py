"""Reads the active numbers of locations from the provider."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from numbers_app.management.outcomes import DONE, WAITING, BadInput, OperatorCommand
from numbers_app.models import Location
from numbers_app.syncing import SyncResult, sync_location


class Command(OperatorCommand):
    help = (
        "Reads all active numbers of the locations named, or of every location. "
        "Exit codes: 0 done, 2 some could not be read, 64 no such location."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("location_ids", nargs="*", metavar="LOCATION_ID", help="every location unless told")

    def handle(self, *args: Any, **options: Any) -> None:
        results = [sync_location(location.pk) for location in find_locations(options["location_ids"])]
        data = {"locations": [as_data(result) for result in results]}
        lines = [as_line(result) for result in results] or ["There are no locations. Run sync_locations first."]
        self.show(data, lines, as_json=options["json"])
        self.end(WAITING if any(result.error for result in results) else DONE)


def find_locations(location_ids: list[str]) -> list[Location]:
    """The locations named, or all; raises `BadInput` for any that is not there, before anything is read."""
    if not location_ids:
        return list(Location.objects.order_by("pk"))
    found = {location.location_id: location for location in Location.objects.filter(location_id__in=location_ids)}
    missing = [location_id for location_id in location_ids if location_id not in found]
    if missing:
        raise BadInput(f"location_id: there is no location {', '.join(map(repr, missing))}.")
    return list(found.values())


def as_data(result: SyncResult) -> dict[str, Any]:
    return {
        "location_id": result.location.location_id,
        "numbers": result.numbers,
        "gone": result.gone,
        "error": result.error,
    }


def as_line(result: SyncResult) -> str:
    if result.error:
        return f"{result.location}: could not be read. {result.error}"
    gone = f", {result.gone} gone" if result.gone else ""
    return f"{result.location}: {result.numbers} numbers{gone}."
