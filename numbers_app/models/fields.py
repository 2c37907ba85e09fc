"""A text that is encrypted in the database."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from encrypted_fields.fields import EncryptedTextField


class SecretField(EncryptedTextField):  # type: ignore[misc]  # the library is not typed
    """Encrypted with the first of ``FIELD_ENCRYPTION_KEYS``; every one of them decrypts.

    The library derives its keys from SECRET_KEY, so that a new SECRET_KEY would lose every token, and hands out the
    ciphertext where no key fits, which would be sent to the provider. Both are put right here.
    """

    @property
    def f(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if value is None:
            return None
        try:
            return self.f.decrypt(value.encode()).decode()
        except InvalidToken:
            raise ImproperlyConfigured(
                "An API token can't be decrypted: none of FIELD_ENCRYPTION_KEYS fits. "
                "Add the key that it was encrypted with, or enter the token again."
            ) from None

    def to_python(self, value: Any) -> Any:
        return value
