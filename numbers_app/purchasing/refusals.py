"""Why an order is not taken, or not changed. Whatever is refused has written nothing."""

from __future__ import annotations


class OrderRefused(Exception):
    """The order was not taken, and nothing was written."""
