"""The provider's client for a location: which token opens it, at which address."""

from __future__ import annotations

from django.conf import settings

from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.models import ApiToken, Location


class NoToken(Exception):
    """No API token opens this location; the message says where to enter one."""


def token_for(location: Location) -> str:
    """The location's own token, else the default one, else LEADCONNECTOR_TOKEN; in the sandbox, the sandbox's.

    Raises `NoToken`.
    """
    stored = ApiToken.objects.for_location(location)
    token = stored.token if stored else default_token()
    if not token:
        raise NoToken(f"No API token for {location}: enter one under API tokens, or set LEADCONNECTOR_TOKEN.")
    return token


def default_token() -> str:
    return settings.LEADCONNECTOR_TOKEN or (settings.SANDBOX_TOKEN if settings.SANDBOX else "")


def client_for(location: Location) -> LeadConnectorClient:
    """Raises `NoToken`."""
    return connect(token_for(location))


def agency_client() -> LeadConnectorClient:
    """The client that lists the agency's locations; raises `NoToken`."""
    stored = ApiToken.objects.filter(location__isnull=True).first()
    token = default_token() or (stored.token if stored else "")
    if not token:
        raise NoToken("No API token for the agency: set LEADCONNECTOR_TOKEN, or enter a default one under API tokens.")
    return connect(token)


def connect(token: str) -> LeadConnectorClient:
    return LeadConnectorClient(
        base_url=settings.LEADCONNECTOR_BASE_URL,
        token=token,
        connect_timeout=settings.LEADCONNECTOR_CONNECT_TIMEOUT_SECONDS,
        read_timeout=settings.LEADCONNECTOR_TIMEOUT_SECONDS,
    )
