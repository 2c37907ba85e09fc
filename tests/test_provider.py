"""Which token opens a location, and at which address."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet

from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions
from numbers_app.models import ApiToken
from numbers_app.provider import NoToken, agency_client, client_for, token_for
from tests.factories import OTHER_LOCATION_ID, make_location, make_token

pytestmark = pytest.mark.django_db


def test_own_token_comes_first_then_the_default_then_the_setting(settings: Any) -> None:
    settings.LEADCONNECTOR_TOKEN = "from-the-settings"
    location, other = make_location(), make_location(OTHER_LOCATION_ID)

    found = [token_for(location)]
    make_token("default-token")
    found.append(token_for(location))
    make_token("own-token", location=location)
    found.append(token_for(location))

    assert found == ["from-the-settings", "default-token", "own-token"]
    assert token_for(other) == "default-token"


@pytest.mark.parametrize(("sandbox", "token"), [(True, "sandbox-desk"), (False, None)])
def test_sandbox_token_opens_the_sandbox_alone(sandbox: bool, token: str | None, settings: Any) -> None:
    settings.SANDBOX = sandbox
    location = make_location()

    if token:
        assert token_for(location) == token
    else:
        with pytest.raises(NoToken, match="enter one under API tokens"):
            token_for(location)


def test_agency_prefers_the_setting_to_the_stored_default(settings: Any) -> None:
    settings.SANDBOX = False
    with pytest.raises(NoToken, match="agency"):
        agency_client()
    make_token("default-token")

    stored = agency_client()
    settings.LEADCONNECTOR_TOKEN = "from-the-settings"
    configured = agency_client()

    assert stored._http.auth._token == "default-token"
    assert configured._http.auth._token == "from-the-settings"


def test_token_that_cannot_be_decrypted_is_never_sent(settings: Any) -> None:
    location = make_location()
    make_token("secret-token", location=location)
    make_token("secret-default")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    settings.SANDBOX = False

    with Sandbox(SandboxOptions()) as sandbox:
        settings.LEADCONNECTOR_BASE_URL = sandbox.url
        with pytest.raises(NoToken, match="FIELD_ENCRYPTION_KEYS"):
            client_for(location)
        with pytest.raises(NoToken, match="FIELD_ENCRYPTION_KEYS"):
            agency_client()
        assert sandbox.ledger.calls() == []


def test_token_that_no_header_can_carry_is_an_error_without_the_token(settings: Any) -> None:
    settings.LEADCONNECTOR_TOKEN = "secret\nX-Header: 1"

    with pytest.raises(NoToken, match="Enter it again") as error:
        client_for(make_location())

    assert "secret" not in str(error.value)


def test_client_has_the_configured_address_and_timeouts(settings: Any) -> None:
    settings.LEADCONNECTOR_BASE_URL = "http://127.0.0.1:1234"
    settings.LEADCONNECTOR_TIMEOUT_SECONDS = 7

    http = client_for(make_location())._http

    assert (http.base_url, http.connect_timeout, http.read_timeout) == ("http://127.0.0.1:1234", 5, 7)
    assert ApiToken.objects.count() == 0
