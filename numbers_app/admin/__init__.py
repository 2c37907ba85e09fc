"""The desk's screens, a file a screen."""

from numbers_app.admin import locations, mails, numbers, orders, purchases, tokens, users

__all__ = ["locations", "mails", "numbers", "orders", "purchases", "tokens", "users"]
