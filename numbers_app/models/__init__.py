from numbers_app.models.account import ApiToken, PhoneNumber, TwilioAccount
from numbers_app.models.choices import FINAL, LIVE, TIMED, Answer, Evidence, Happening, NumberType, Status, Via
from numbers_app.models.happening import LocationEvent
from numbers_app.models.location import Location
from numbers_app.models.purchase import Purchase, PurchaseAttempt, PurchaseEvent, PurchaseOrder

__all__ = [
    "FINAL",
    "LIVE",
    "TIMED",
    "Answer",
    "ApiToken",
    "Evidence",
    "Happening",
    "Location",
    "LocationEvent",
    "NumberType",
    "PhoneNumber",
    "Purchase",
    "PurchaseAttempt",
    "PurchaseEvent",
    "PurchaseOrder",
    "Status",
    "TwilioAccount",
    "Via",
]
