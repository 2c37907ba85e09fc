"""Purchases with their attempts and events; and all tables in their order, each filled in one statement."""

from __future__ import annotations

from tests.benchmarks.dialects import chance
from tests.benchmarks.fill_orders import MirrorRows, OrderRows
from tests.benchmarks.fill_sketch import SENT, Columns


class Filling(OrderRows, MirrorRows):
    """Fills empty tables, in the state of ``fill_history.STATE``."""

    def fill(self) -> None:
        self.make_orders()
        self.make_purchases()
        for table, columns in (
            ("purchaseorder", self.orders()),
            ("orderevent", self.order_events("submitted", 0)),
            ("orderevent", self.order_events("approved", 1)),
            ("orderpart", self.parts()),
            ("twilioaccount", self.accounts()),
            ("phonenumber", self.phone_numbers()),
            ("phonenumber", self.orphans()),
            ("purchase", self.purchases()),
            ("orderline", self.lines()),
            ("purchaseattempt", self.first_tries()),
            ("purchaseattempt", self.attempts()),
            ("purchaseevent", self.asked()),
            ("purchaseevent", self.taken()),
            ("purchaseevent", self.answered()),
            ("purchaseevent", self.found()),
        ):
            names, source = columns
            self.run(
                f"INSERT INTO numbers_app_{table} ({', '.join(names)}) SELECT {', '.join(names.values())} {source}"
            )

    def purchases(self) -> Columns:
        timed, final = (
            "status IN ('queued', 'submitting', 'uncertain')",
            "('purchased', 'rejected', 'failed', 'cancelled')",
        )
        bought = "status = 'purchased'"
        return {
            "id": "n",
            "order_id": "order_id",
            "location_id": "location_id",
            "line_id": "CASE WHEN single THEN NULL WHEN substitute THEN n - 1 ELSE n END",
            "substitute_of_id": "CASE WHEN substitute THEN n - 1 END",
            "again_of_id": "CASE WHEN again THEN n - 1 END",
            "sandbox": "TRUE",
            **self.asked_for(),
            "address_sid": "''",
            "bundle_sid": "''",
            "fingerprint_id": self.dialect.scrambled("n"),
            "skip_location_kyc": "FALSE",
            "status": "status",
            "next_action_at": f"CASE WHEN {timed} THEN {self.at('asked + 86400')} END",
            "attempt_count": f"CASE WHEN {SENT} THEN 1 + tries_before ELSE 0 END",
            "uncertain_since": f"CASE WHEN status IN ('uncertain', 'needs_review') THEN {self.at('asked + 60')} END",
            "reason": "CASE status WHEN 'rejected' THEN 'Phone number is no longer available' WHEN 'failed' THEN "
            "'Given up after 12 attempts. Too Many Requests' WHEN 'cancelled' THEN 'Cancelled by hand.' ELSE '' END",
            "confirmed_by": "confirmed_by",
            "account_sid": f"CASE WHEN {bought} THEN 'AC' || {self.dialect.scrambled('location_id')} ELSE '' END",
            "number_sid": f"CASE WHEN {bought} AND n % 2 = 0 THEN 'PN' || {self.dialect.scrambled('n')} ELSE '' END",
            "created_at": self.at("asked"),
            "finished_at": f"CASE WHEN status IN {final} THEN {self.at(self.end())} END",
        }, "FROM filling"

    def first_tries(self) -> Columns:
        """The few attempts that were not sent, and came before the one that counted."""
        columns, source = self.attempts()
        return columns | {
            "id": "n * 2 - 1",
            "number": "1",
            "answer": "'not_sent'",
            "status_code": "429",
            "words": "'Too Many Requests'",
            "started_at": self.at("asked + 1"),
            "finished_at": self.at("asked + 2"),
            "trace_id": self.dialect.scrambled("n * 2 - 1"),
            "reply_body": """'{"message":"Too Many Requests","statusCode":429}'""",
        }, f"{source} AND tries_before = 1"

    def attempts(self) -> Columns:
        asked = """'{"phoneNumber":"' || phone_number || '","countryCode":"' || country || '","numberType":"' || type
            || '","locality":"' || locality || '","region":"' || region || '","fingerprintId":"'"""
        sid = self.dialect.scrambled("location_id")
        reply = f"""'{{"id":"account","account_sid":"AC' || {sid} || '","under_ghl_account":true,"validate_sms":true,'
            || '"numbers":{{"' || phone_number || '":"conversation"}},"usersMap":{{}},"forwardingNumbersMap":{{}}}}'"""
        headers = """'{"content-type":"application/json; charset=utf-8","x-ratelimit-limit-daily":"200000",'
            || '"x-ratelimit-daily-remaining":"199000","x-ratelimit-max":"100","x-ratelimit-remaining":"97",'
            || '"x-ratelimit-interval-milliseconds":"10000"}'"""
        refused = """'{"message":"Phone number is no longer available","error":"Bad Request","statusCode":400}'"""
        silent = "status IN ('submitting', 'uncertain', 'needs_review')"
        words = "CASE status WHEN 'rejected' THEN 'Phone number is no longer available' WHEN 'failed' THEN "
        return {
            "id": "n * 2",
            "purchase_id": "n",
            "number": "1 + tries_before",
            "answer": "CASE status WHEN 'purchased' THEN 'bought' WHEN 'rejected' THEN 'refused' WHEN 'failed' THEN "
            "'not_sent' WHEN 'submitting' THEN 'pending' ELSE 'unknown' END",
            "worker": "'worker1@desk'",
            "request_body": self.dialect.json(f"""{asked} || {self.dialect.scrambled("n")} || '"}}'"""),
            "started_at": self.at("asked + 1 + 120 * tries_before"),
            "finished_at": f"CASE WHEN status <> 'submitting' THEN {self.at(self.end())} END",
            "duration_ms": f"CASE WHEN NOT {silent} THEN {chance('n', of=3, below=9000)} END",
            "status_code": "CASE status WHEN 'purchased' THEN 201 WHEN 'rejected' THEN 400 WHEN 'failed' THEN 429 END",
            "words": words + "'Too Many Requests' WHEN 'uncertain' THEN 'Read timed out' ELSE '' END",
            "trace_id": f"CASE WHEN {silent} THEN '' ELSE {self.dialect.scrambled('n * 2')} END",
            "reply_headers": self.dialect.json(f"CASE WHEN {silent} THEN '{{}}' ELSE {headers} END"),
            "reply_body": f"CASE WHEN status = 'purchased' THEN {reply} "
            f"WHEN status = 'rejected' THEN {refused} ELSE '' END",
        }, f"FROM filling WHERE {SENT}"

    def event(self, turn: int, **columns: str) -> dict[str, str]:
        empty = {"actor_id": "NULL", "attempt_id": "NULL"}
        return {"id": f"filling.n * 4 - {4 - turn}", "purchase_id": "filling.n", **empty, **columns}

    def asked(self) -> Columns:
        first = (
            "WHEN adopted THEN 'purchased' WHEN filling.status IN ('on_hold', 'awaiting_approval') THEN filling.status"
        )
        return self.event(
            1,
            at=self.at("filling.asked"),
            from_status="''",
            to_status=f"CASE {first} ELSE 'queued' END",
            because="CASE WHEN adopted THEN 'It was bought at the provider.' ELSE 'Asked for.' END",
            actor_id=self.one_of(self.buyers, "buyer"),
        ), "FROM filling JOIN filling_order ON filling_order.n = order_id"

    def taken(self) -> Columns:
        return self.event(
            2,
            at=self.at("asked + 1"),
            from_status="'queued'",
            to_status="'submitting'",
            because="'Claimed by worker1@desk.'",
            attempt_id="n * 2",
        ), f"FROM filling WHERE {SENT}"

    def answered(self) -> Columns:
        """What the attempt came to; what was cancelled before has its end here."""
        looked = "confirmed_by IN ('list', 'person') OR status = 'needs_review'"
        return self.event(
            3,
            at=self.at(self.end()),
            from_status="CASE WHEN status = 'cancelled' THEN 'queued' ELSE 'submitting' END",
            to_status=f"CASE WHEN {looked} THEN 'uncertain' ELSE status END",
            because="CASE status WHEN 'purchased' THEN 'The reply''s numbers map shows the number.' WHEN 'rejected' "
            "THEN 'Phone number is no longer available' WHEN 'cancelled' THEN 'Cancelled by hand.' ELSE 'Read timed "
            "out' END",
            attempt_id="CASE WHEN status = 'cancelled' THEN NULL ELSE n * 2 END",
        ), f"FROM filling WHERE ({SENT} AND status <> 'submitting') OR status = 'cancelled'"

    def found(self) -> Columns:
        """How an uncertain outcome was settled."""
        return self.event(
            4,
            at=self.at("asked + 150"),
            from_status="'uncertain'",
            to_status="status",
            because="'The provider''s list of active numbers shows the number.'",
        ), "FROM filling WHERE NOT adopted AND (confirmed_by IN ('list', 'person') OR status = 'needs_review')"
