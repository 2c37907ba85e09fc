"""The provider's client for a location: which token opens it, at which address, out of which budget."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet

from numbers_app import calls
from numbers_app.leadconnector import budget as budgets
from numbers_app.leadconnector.budget import Budget, Purpose
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.models import ApiToken, Location


class NoToken(Exception):
    """No usable API token: none is there, or it can't be decrypted or sent; the message says what to do."""


def tokens_for(locations: Iterable[Location]) -> dict[int, str | NoToken]:
    """The token of each location, by its key: its own, else the default one, else LEADCONNECTOR_TOKEN; in the sandbox,
    the sandbox's. Where there is none that can be used, the error that says what to do."""
    wanted = {location.pk: location for location in locations}
    own = own_tokens(wanted)
    fallback: str | NoToken = ""
    if len(own) < len(wanted):
        fallback = stored_or_error(ApiToken.objects.filter(location__isnull=True)) or default_token()
    found: dict[int, str | NoToken] = {}
    for pk, location in wanted.items():
        missing = NoToken(f"No API token for {location}: enter one under API tokens, or set LEADCONNECTOR_TOKEN.")
        found[pk] = own.get(pk) or fallback or missing
    return found


def own_tokens(locations: Iterable[int]) -> dict[int, str | NoToken]:
    """The tokens of the locations with these keys that have one of their own."""
    stored = ApiToken.objects.filter(location__in=locations)
    try:
        return dict(stored.values_list("location_id", "token"))
    except ImproperlyConfigured:  # one of them can't be decrypted; the others can
        keys = list(stored.values_list("location_id", flat=True))
        return {key: stored_or_error(stored.filter(location=key)) for key in keys}


def stored_or_error(tokens: QuerySet[ApiToken]) -> str | NoToken:
    """The first of the tokens, decrypted; empty where there is none."""
    try:
        return tokens.values_list("token", flat=True).first() or ""
    except ImproperlyConfigured as error:
        return NoToken(str(error))


def token_for(location: Location) -> str:
    """Raises `NoToken`."""
    token = tokens_for([location])[location.pk]
    if isinstance(token, NoToken):
        raise token
    return token


def default_token() -> str:
    return settings.LEADCONNECTOR_TOKEN or (settings.SANDBOX_TOKEN if settings.SANDBOX else "")


def client_for(
    location: Location, *, purpose: Purpose = Purpose.READING, read_timeout: float | None = None
) -> LeadConnectorClient:
    """Raises `NoToken`. ``read_timeout`` (seconds) is that of purchases unless told."""
    return connect(token_for(location), purpose=purpose, read_timeout=read_timeout)


def agency_client() -> LeadConnectorClient:
    """The client that lists the agency's locations; raises `NoToken`."""
    token = default_token() or stored_or_error(ApiToken.objects.filter(location__isnull=True))
    if isinstance(token, NoToken):
        raise token
    if not token:
        raise NoToken("No API token for the agency: set LEADCONNECTOR_TOKEN, or enter a default one under API tokens.")
    return connect(token)


def connect(
    token: str, *, purpose: Purpose = Purpose.READING, read_timeout: float | None = None
) -> LeadConnectorClient:
    """Raises `NoToken` for a token that no header can carry."""
    try:
        return LeadConnectorClient(
            base_url=settings.LEADCONNECTOR_BASE_URL,
            token=token,
            connect_timeout=settings.LEADCONNECTOR_CONNECT_TIMEOUT_SECONDS,
            read_timeout=read_timeout or settings.LEADCONNECTOR_TIMEOUT_SECONDS,
            budget=budget(),
            purpose=purpose,
            watch=calls.ledger.note,
        )
    except ValueError as error:
        raise NoToken(f"{error} Enter it again under API tokens, or set LEADCONNECTOR_TOKEN.") from None


def budget() -> Budget:
    """The request budget at the provider's address, shared by all processes."""
    return budget_at(settings.REDIS_URL, f"{settings.BUDGET_NAME}:{urlsplit(settings.LEADCONNECTOR_BASE_URL).netloc}")


@lru_cache(maxsize=16)
def budget_at(redis_url: str, name: str) -> Budget:
    return Budget(budgets.connect(redis_url), name=name)
