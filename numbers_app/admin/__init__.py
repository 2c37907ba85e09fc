"""The desk's screens, a file a screen."""

from numbers_app.admin import locations, numbers, orders, purchases, tokens, users

__all__ = ["locations", "numbers", "orders", "purchases", "tokens", "users"]
