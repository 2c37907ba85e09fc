"""Tokens at rest: encrypted with the first key, decrypted with any."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from numbers_app.models import ApiToken
from numbers_app.models.fields import SecretField
from tests.factories import make_token

pytestmark = pytest.mark.django_db

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


def raw_token() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM numbers_app_apitoken")
        return str(cursor.fetchone()[0])


def test_column_does_not_hold_the_token(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW]

    make_token("pit-secret-1234")

    assert "secret" not in raw_token()
    assert Fernet(NEW).decrypt(raw_token()).decode() == "pit-secret-1234"
    assert ApiToken.objects.get().token == "pit-secret-1234"
    assert str(ApiToken.objects.get()) == "…1234"


def test_new_key_in_front_encrypts_and_the_old_one_still_decrypts(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    token = make_token("pit-secret-1234")

    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    read = ApiToken.objects.get().token
    token.save()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]

    assert read == ApiToken.objects.get().token == "pit-secret-1234"


def test_wrong_key_is_an_error_that_says_what_to_set(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    make_token("pit-secret-1234")
    settings.FIELD_ENCRYPTION_KEYS = [OTHER]

    with pytest.raises(ImproperlyConfigured, match="none of FIELD_ENCRYPTION_KEYS fits"):
        ApiToken.objects.get()

    assert ApiToken.objects.defer("token").get().last_four == "1234"


def test_new_secret_key_loses_no_token(settings: Any) -> None:
    make_token("pit-secret-1234")

    settings.SECRET_KEY = "another-" + "y" * 40

    assert ApiToken.objects.get().token == "pit-secret-1234"


def test_missing_value_stays_missing() -> None:
    assert SecretField().from_db_value(None, None, connection) is None
