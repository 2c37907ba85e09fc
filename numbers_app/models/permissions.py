"""What users may do and see, by the names that are asked for; the groups of the migrations hand it out."""

from __future__ import annotations

MAY_BUY = "numbers_app.buy_number"
MAY_REVIEW = "numbers_app.review_purchase"
MAY_APPROVE = "numbers_app.approve_order"
SEE_PURCHASES = "numbers_app.view_purchase"
SEE_LOCATIONS = "numbers_app.view_location"
