"""The desk's screens, a file a screen."""

from numbers_app.admin import limiting, locations, numbers, orders, purchases, tagging, tokens, users

__all__ = ["limiting", "locations", "numbers", "orders", "purchases", "tagging", "tokens", "users"]
