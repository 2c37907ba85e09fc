"""What users may do beyond Django's own add, change, delete and view; the groups of the migrations hand it out."""

from __future__ import annotations

MAY_BUY = "numbers_app.buy_number"
MAY_REVIEW = "numbers_app.review_purchase"
MAY_APPROVE = "numbers_app.approve_order"
