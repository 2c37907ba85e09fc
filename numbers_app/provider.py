"""The provider's client for a location: which token opens it, at which address."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.models import ApiToken, Location


class NoToken(Exception):
    """No usable API token: none is there, or it can't be decrypted or sent; the message says what to do."""


def token_for(location: Location) -> str:
    """The location's own token, else the default one, else LEADCONNECTOR_TOKEN; in the sandbox, the sandbox's.

    Raises `NoToken`.
    """
    try:
        stored = ApiToken.objects.for_location(location)
    except ImproperlyConfigured as error:
        raise NoToken(str(error)) from None
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
    token = default_token() or stored_default_token()
    if not token:
        raise NoToken("No API token for the agency: set LEADCONNECTOR_TOKEN, or enter a default one under API tokens.")
    return connect(token)


def stored_default_token() -> str:
    try:
        stored = ApiToken.objects.filter(location__isnull=True).first()
    except ImproperlyConfigured as error:
        raise NoToken(str(error)) from None
    return stored.token if stored else ""


def connect(token: str) -> LeadConnectorClient:
    try:
        return LeadConnectorClient(
            base_url=settings.LEADCONNECTOR_BASE_URL,
            token=token,
            connect_timeout=settings.LEADCONNECTOR_CONNECT_TIMEOUT_SECONDS,
            read_timeout=settings.LEADCONNECTOR_TIMEOUT_SECONDS,
        )
    except ValueError as error:  # a token that no header can carry
        raise NoToken(f"{error} Enter it again under API tokens, or set LEADCONNECTOR_TOKEN.") from None
