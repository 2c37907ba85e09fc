"""Orders with their lines and events, and the mirror of the provider's books."""

from __future__ import annotations

from tests.benchmarks.dialects import chance
from tests.benchmarks.fill_names import APPROVERS, LOCATIONS
from tests.benchmarks.fill_sketch import BLOCK, Columns, Sketch

ORPHANS = 30


class OrderRows(Sketch):
    """What was wanted."""

    def orders(self) -> Columns:
        approver = self.one_of(self.approvers, chance("filling_order.n", of=2, below=len(APPROVERS)))
        by_command = f"single AND {chance('filling_order.n', of=3, below=100)} < 8"
        buyer = self.one_of(self.buyers, "buyer")
        ended = "filling_order.status IN ('finished', 'direct')"
        lines = "filling_order.status <> 'direct'"
        return {
            "id": "filling_order.n",
            "idempotency_key": self.dialect.uuid("filling_order.n"),
            "name": f"CASE WHEN {lines} THEN 'Campaign ' || {self.dialect.text('filling_order.n')} ELSE '' END",
            "status": "filling_order.status",
            "via": f"CASE WHEN adopted THEN 'adopted' WHEN {by_command} THEN 'command' ELSE 'web' END",
            "requested_by_id": f"CASE WHEN {by_command} THEN NULL ELSE {buyer} END",
            "sandbox": "TRUE",
            "next_action_at": f"CASE WHEN filling_order.status = 'running' THEN {self.at('filling_order.asked')} END",
            "created_at": self.at("filling_order.asked"),
            "previewed_at": f"CASE WHEN {lines} THEN {self.at('filling_order.asked')} END",
            "submitted_at": f"CASE WHEN {lines} THEN {self.at('filling_order.asked')} END",
            "decided_by_id": f"CASE WHEN size = 100 THEN {approver} END",
            "decided_at": f"CASE WHEN size = 100 THEN {self.at('filling_order.asked + 3600')} END",
            "finished_at": f"CASE WHEN {ended} AND {lines} THEN {self.at('filling_order.asked + 90000')} END",
        }, "FROM filling_order JOIN filling ON filling.n = first"

    def order_events(self, what: str, decided: int) -> Columns:
        actor = self.one_of(self.approvers, chance("n", of=2, below=len(APPROVERS))) if decided else ""
        return {
            "id": f"n * 2 + {decided}",
            "order_id": "n",
            "what": f"'{what}'",
            "because": "'Approved.'" if decided else f"{self.dialect.text('size')} || ' numbers.'",
            "actor_id": actor or self.one_of(self.buyers, "buyer"),
            "at": self.at(f"asked + {3600 * decided}"),
        }, f"FROM filling_order WHERE size {'= 100' if decided else '> 1'}"

    def parts(self) -> Columns:
        return {
            "id": "n",
            "order_id": "n",
            "source": "'file'",
            "label": "'numbers.csv'",
            "file_sha256": self.dialect.scrambled("n"),
            "created_by_id": self.one_of(self.buyers, "buyer"),
            "created_at": self.at("asked"),
        }, "FROM filling_order WHERE size > 1"

    def lines(self) -> Columns:
        """A line keeps the number that was wanted first; its purchase is the substitute where there is one."""
        outcome = "COALESCE(later.status, filling.status)"
        texts = ("first_part", "last_part", "anywhere", "address_requirements", "address_sid", "bundle_sid", "words")
        flags = ("is_want", "sms", "mms", "voice", "skip_location_kyc")
        return (
            {
                "id": "filling.n",
                "order_id": "filling.order_id",
                "part_id": "filling.order_id",
                '"row"': f"(filling.n - 1) % {BLOCK} + 2",
                "location_id": "filling.location_id",
                "substitution": "CASE WHEN later.n IS NULL THEN 'none' ELSE 'place' END",
                **self.asked_for(),
                "fingerprint_id": self.dialect.scrambled("filling.n"),
                "searched_at": self.at("filling.asked"),
                "checked_at": self.at("filling.asked"),
                "status": f"CASE WHEN {outcome} = 'purchased' THEN 'bought' WHEN {outcome} IN ('rejected', 'failed', "
                "'cancelled') THEN 'stopped' ELSE 'open' END",
                "problem": f"CASE {outcome} WHEN 'rejected' THEN 'taken' WHEN 'failed' THEN 'failed' "
                "WHEN 'cancelled' THEN 'cancelled' ELSE '' END",
                "purchase_id": "COALESCE(later.n, filling.n)",
                **dict.fromkeys(texts, "''"),
                **dict.fromkeys(flags, "FALSE"),
            },
            """FROM filling LEFT JOIN filling AS later ON later.n = filling.n + 1 AND later.substitute
            WHERE NOT filling.single AND NOT filling.substitute""",
        )


class MirrorRows(Sketch):
    """What the provider has on its books."""

    def accounts(self) -> Columns:
        """One a location."""
        texts = ("remote_id", "new_account_sid", "migration_status")
        return {
            "id": "n",
            "location_id": "n",
            "account_sid": f"'AC' || {self.dialect.scrambled('n')}",
            "account_status": "'active'",
            "under_ghl_account": "TRUE",
            "validate_sms": "TRUE",
            "migration_numbers": self.dialect.json("'[]'"),
            "raw": self.dialect.json("'{}'"),
            "synced_at": self.at(str(self.until)),
            "listed_at": self.at(str(self.until)),
            **dict.fromkeys(texts, "''"),
        }, f"FROM (SELECT id AS n FROM numbers_app_location WHERE id <= {LOCATIONS}) AS places"

    def phone_numbers(self) -> Columns:
        gone = "second_chance BETWEEN 500 AND 529"
        named = "locality || ' ' || region"
        user = f"substr({self.dialect.scrambled('n')}, 1, 20)"
        texts = ("forwarding_number", "address_sid", "bundle_sid")
        return {
            "id": "n",
            "location_id": "location_id",
            "phone_number": "phone_number",
            "service": "CASE WHEN second_chance < 800 THEN 'conversation' ELSE 'voice_ai' END",
            "friendly_name": f"CASE WHEN third_chance < 300 THEN {named} ELSE phone_number END",
            "assigned_user": f"CASE WHEN third_chance < 200 THEN {user} ELSE '' END",
            "sid": f"'PN' || {self.dialect.scrambled('n')}",
            "country_code": "country",
            "number_type": "type",
            "capabilities": self.dialect.json("""'{"fax":false,"mms":true,"sms":true,"voice":true}'"""),
            "origin": "'twilio'",
            "is_default": "FALSE",
            "date_added": self.at("asked + 2"),
            "raw": self.dialect.json("""'{"phoneNumber":"' || phone_number || '","type":"' || type || '"}'"""),
            "first_seen_at": self.at("asked + 2"),
            "synced_at": self.at(str(self.until)),
            "gone_at": f"CASE WHEN {gone} THEN {self.at(str(self.until))} END",
            "gone_noted_at": f"CASE WHEN {gone} THEN {self.at(str(self.until))} END",
            **dict.fromkeys(texts, "''"),
        }, "FROM filling WHERE status = 'purchased'"

    def orphans(self) -> Columns:
        """Numbers that were bought elsewhere, and so are on nobody's books: a few, for people adopt what they find."""
        again = "SELECT 1 FROM filling AS later WHERE later.n = filling.n + 1 AND later.again"
        not_bought = "status IN ('cancelled', 'failed') AND n % 4 = 0"
        columns, _source = self.phone_numbers()
        return columns, f"FROM filling WHERE {not_bought} AND NOT EXISTS ({again}) ORDER BY n DESC LIMIT {ORPHANS}"
