"""Which part of the guide belongs to which page, field and word."""

from __future__ import annotations

from typing import NamedTuple

from numbers_app.models import Status


class Part(NamedTuple):
    """A page of the guide, or one of its headings."""

    page: str
    anchor: str = ""


GLOSSARY = "glossary"

# By the beginning of the URL's name. The longest that fits counts: a new button of an order needs no row of its own.
PAGES = {
    "": Part("index"),
    "help": Part("index"),
    "home": Part("dashboard"),
    "admin:index": Part("dashboard"),
    "admin:app_list": Part("dashboard"),
    "admin:search": Part("dashboard", "finding"),
    "admin:login": Part("users", "signing-in"),
    "admin:logout": Part("users", "signing-in"),
    "admin:password_change": Part("users", "password"),
    "admin:auth_": Part("users"),
    "admin:numbers_app_purchase_": Part("history"),
    "admin:numbers_app_purchase_buy": Part("buying"),
    "admin:numbers_app_purchase_number_echo": Part("buying"),
    "admin:numbers_app_purchase_search": Part("searching"),
    "admin:numbers_app_purchase_review": Part("review"),
    "admin:numbers_app_purchaseorder_": Part("orders"),
    "admin:numbers_app_purchaseorder_want": Part("orders", "wants"),
    "admin:numbers_app_purchaseorder_preview": Part("orders", "preview"),
    "admin:numbers_app_purchaseorder_import": Part("files"),
    "admin:numbers_app_purchaseorder_template": Part("files"),
    "admin:numbers_app_purchaseorder_paste": Part("files", "pasting"),
    "admin:numbers_app_purchaseorder_rejected": Part("files", "unread-rows"),
    "admin:numbers_app_purchaseorder_approve": Part("approving"),
    "admin:numbers_app_purchaseorder_decline": Part("approving"),
    "admin:numbers_app_phonenumber_": Part("numbers"),
    "admin:numbers_app_location_": Part("locations"),
    "admin:numbers_app_tag_": Part("locations", "tags"),
    "admin:numbers_app_apitoken_": Part("tokens"),
    "admin:numbers_app_limits_": Part("limits"),
    "admin:numbers_app_mailpreference_": Part("mails"),
}

# By the field's name. They have the same names in all forms.
FIELDS = {
    "address_sid": Part(GLOSSARY, "address-sid"),
    "bundle_sid": Part(GLOSSARY, "bundle-sid"),
    "fingerprint_id": Part(GLOSSARY, "fingerprint"),
    "skip_location_kyc": Part(GLOSSARY, "kyc"),
}

STATUSES = {status: Part(GLOSSARY, status.value.replace("_", "-")) for status in Status}


def part_for_page(url_name: str) -> Part:
    """The part of the guide that tells of a page, by its URL's name."""
    longest = max((start for start in PAGES if url_name.startswith(start)), key=len)
    return PAGES[longest]
