"""What every page of the desk is called: its title, by its address as `RULES` has it.

A new page is a row in `RULES` of tests/admin/test_permissions.py, and a row here; what answers to a browser and is no
page is among `PARTS`.
"""

from __future__ import annotations

BOOKS = "admin/numbers_app/"
ORDER = f"{BOOKS}purchaseorder/<path:object_id>/"
NAMES: dict[str, str] = {  # regular expressions; the product's name follows
    "admin/": "Desk",
    "admin/help/": "Help",
    "admin/help/<slug:name>/": "Glossary · Help",
    "admin/login/": "Log in",
    "admin/password_change/": "Password change",
    "admin/password_change/done/": "Password change successful",
    "admin/^(?P<app_label>numbers_app|auth)/$": "Leadway Numbers administration",
    "admin/(?P<url>.*)$": "Not found",
    f"{BOOKS}location/": "Locations",
    f"{BOOKS}location/add/": "Add location",
    f"{BOOKS}location/<path:object_id>/change/": r"Hill Country Roofing \(mineLOCATION01\) \| (View|Change) location",
    f"{BOOKS}location/<path:object_id>/history/": "Change history: Hill Country Roofing .*",
    f"{BOOKS}phonenumber/": "Numbers",
    f"{BOOKS}phonenumber/<path:object_id>/change/": r"\+1 210-555-0142 · Active",
    f"{BOOKS}phonenumber/<path:object_id>/history/": r"Change history: \+12105550142",
    f"{BOOKS}purchase/": "Purchases",
    f"{BOOKS}purchase/buy/": "Buy a number",
    f"{BOOKS}purchase/search/": "Search numbers",
    f"{BOOKS}purchase/review/": "Review desk",
    f"{BOOKS}purchase/<path:object_id>/change/": r"\+1 210-555-0142 · Purchased",
    f"{BOOKS}purchase/<path:object_id>/review/": r".*\+1 210-555-0142.*",
    f"{BOOKS}purchaseorder/": "Orders",
    f"{BOOKS}purchaseorder/new/": "New order",
    f"{ORDER}change/": r"#\d+ Order of 210555 · Finished",
    f"{ORDER}want/": "Add a want",
    f"{ORDER}import/": "Add from a file",
    f"{ORDER}paste/": "Paste numbers",
    f"{ORDER}parts/<int:part_id>/rejected/": "Rows that could not be read",
    f"{BOOKS}limits/<path:object_id>/change/": "Limits",
    f"{BOOKS}limits/<path:object_id>/history/": "Change history: Caps and approvals",
    f"{BOOKS}tag/": "Tags",
    f"{BOOKS}tag/add/": "Add tag",
    f"{BOOKS}tag/<path:object_id>/change/": r"everybody's \| Change tag",
    f"{BOOKS}tag/<path:object_id>/history/": "Change history: everybody's",
    f"{BOOKS}tag/<path:object_id>/delete/": "Delete everybody's",
    f"{BOOKS}mailpreference/mine/": "My mails",
    f"{BOOKS}apitoken/": "API tokens",
    f"{BOOKS}apitoken/add/": "Add API token",
    f"{BOOKS}apitoken/<path:object_id>/change/": r"…7071 \| View API token",
    f"{BOOKS}apitoken/<path:object_id>/history/": "Change history: …7071",
    f"{BOOKS}apitoken/<path:object_id>/delete/": "Delete …7071",
    "admin/auth/user/": "Users",
    "admin/auth/user/add/": "Add user",
    "admin/auth/user/<id>/password/": "Change password: viewer",
    "admin/auth/user/<path:object_id>/change/": r"viewer \| Change user",
    "admin/auth/user/<path:object_id>/history/": "Change history: viewer",
    "admin/auth/user/<path:object_id>/delete/": "Delete viewer",
    "admin/auth/group/": "Groups",
    "admin/auth/group/add/": "Add group",
    "admin/auth/group/<path:object_id>/change/": r"Viewer \| Change group",
    "admin/auth/group/<path:object_id>/history/": "Change history: Viewer",
    "admin/auth/group/<path:object_id>/delete/": "Delete Viewer",
}
PAGES = {address: rf"{name} \| Leadway Numbers" for address, name in NAMES.items()}
# In the books of these tests the order is no draft, and these lead to its page; a draft of one's own has them.
OF_DRAFTS = ("want/", "import/", "paste/")
# What scripts ask for, and files.
PARTS = (
    "admin/search/",
    "admin/autocomplete/",
    "admin/jsi18n/",
    f"{BOOKS}purchase/search/results/",
    f"{BOOKS}purchase/number-echo/",
    f"{BOOKS}purchase/people/",
    f"{BOOKS}purchase/export/<str:kind>/",
    f"{BOOKS}purchase/<path:object_id>/record.json",
    f"{BOOKS}phonenumber/export/<str:kind>/",
    f"{BOOKS}purchaseorder/in-progress/",
    f"{BOOKS}purchase/<path:object_id>/progress/",
    f"{ORDER}progress/",
    f"{ORDER}preview-progress/",
    f"{ORDER}parts/<int:part_id>/places/",
    f"{ORDER}parts/<int:part_id>/rejected/rows.<str:kind>",
    f"{ORDER}import/template.<str:kind>",
    f"{ORDER}result.csv",
    f"{ORDER}result.xlsx",
)
ACTS = (f"{BOOKS}location/sync-all/",)  # opening it does something
