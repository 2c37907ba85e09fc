"""What the page of a purchase tells of each kind of outcome, by itself and in plain words."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.books import posts_of, purchases_of, sales_of, show_purchase
from tests.browser.visitor import Visitor
from tests.leadway_site.desks import RunningDesk


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+1 500 555 1071", ["Phone number is no longer available"]),
        ("+1 500 555 1171", ["KYC is not complete for this location"]),
        (
            "+1 500 555 1971",
            ["addressSid does not belong to this account", "region is not where this number is"],
        ),
    ],
    ids=["no-longer-available", "kyc-missing", "unprocessable"],
)
def test_refusal_shows_rejected_and_the_providers_words(
    admin: Visitor, desk: RunningDesk, number: str, words: list[str]
) -> None:
    admin.buy(number)
    is_same = admin.mark_page()

    admin.expect_status("rejected")

    assert is_same()
    status = admin.progress.locator(".desk-status")
    expect(status).to_contain_text("The provider refused, and nothing was bought.")
    for sentence in words:
        expect(status).to_contain_text(sentence)
    assert sales_of(desk, number.replace(" ", "")) == 0


def test_refused_token_stops_the_queue_until_somebody_resumes_it(admin: Visitor, desk: RunningDesk) -> None:
    admin.buy("+1 500 555 1471")
    is_same = admin.mark_page()

    expect(admin.progress).to_contain_text("Its location's queue is stopped")
    expect(admin.progress).to_contain_text("Invalid token: it has run out")
    assert is_same()
    admin.page.once("dialog", lambda dialog: dialog.accept())
    admin.page.get_by_role("button", name="Cancel").click()
    admin.expect_status("cancelled")
    admin.page.locator(".desk-alarm").get_by_role("button", name="Resume").click()
    expect(admin.page.get_by_text("The queue of Hill Country Roofing goes on.")).to_be_visible()
    expect(admin.page.locator(".desk-alarm")).to_have_count(0)

    assert (sales_of(desk, "+15005551471"), posts_of(desk, "+15005551471")) == (0, 1)


def test_reply_lost_after_sale_shows_uncertain_and_then_purchased(admin: Visitor, desk: RunningDesk) -> None:
    admin.buy("+1 500 555 4171")
    is_same = admin.mark_page()

    admin.expect_status("uncertain")
    expect(admin.progress).to_contain_text("the number may have been bought")
    expect(admin.progress).to_contain_text("You don't have to do anything.")
    admin.expect_status("purchased")

    assert is_same()
    expect(admin.progress).to_contain_text("The provider's list of active numbers")
    assert (sales_of(desk, "+15005554171"), posts_of(desk, "+15005554171")) == (1, 1)


def test_too_many_requests_shows_queued_with_reason_and_then_purchased(admin: Visitor, desk: RunningDesk) -> None:
    admin.buy("+1 500 555 2071")
    is_same = admin.mark_page()

    status = admin.progress.locator(".desk-status", has_text="Queued")
    expect(status.locator("blockquote")).not_to_be_empty()
    admin.expect_status("purchased")

    assert is_same()
    assert (sales_of(desk, "+15005552071"), posts_of(desk, "+15005552071")) == (1, 2)


def test_page_of_the_purchase_agrees_with_the_command(admin: Visitor, desk: RunningDesk) -> None:
    admin.buy("+1 500 555 0071")
    admin.expect_status("purchased")

    (purchase_id,) = purchases_of(desk, "+15005550071")
    shown = show_purchase(desk, purchase_id)

    assert shown["status"] == "purchased"
    expect(admin.progress).to_contain_text(shown["account_sid"])
    expect(admin.page.locator("#numbers-map tbody tr")).to_have_count(len(shown["numbers"]))
