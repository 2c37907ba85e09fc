"""The desk's screens, a file a screen."""

from numbers_app.admin import limiting, locations, mails, numbers, orders, purchases, tagging, tokens, users

__all__ = ["limiting", "locations", "mails", "numbers", "orders", "purchases", "tagging", "tokens", "users"]
