"""What the sandbox knows: accounts, sales and calls, in one SQLite file.

One connection behind one lock does all the work of the server. Others may read the file meanwhile, and even edit it.
"""

# ruff: noqa: S608  # what is put into the statements is names of tables and columns, and question marks

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from .replies import AccountState

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (location_id TEXT PRIMARY KEY, id TEXT NOT NULL, account_sid TEXT NOT NULL,
    opened_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sale (id INTEGER PRIMARY KEY, phone_number TEXT NOT NULL UNIQUE, location_id TEXT NOT NULL,
    sold_at REAL NOT NULL, number_sid TEXT NOT NULL, number_type TEXT NOT NULL, country_code TEXT NOT NULL,
    name TEXT NOT NULL, in_pool INTEGER NOT NULL, address_sid TEXT NOT NULL, bundle_sid TEXT NOT NULL,
    fingerprint TEXT NOT NULL, attempt INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS sale_of_location ON sale (location_id, id);
CREATE TABLE IF NOT EXISTS taken (phone_number TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call (id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    location_id TEXT NOT NULL, phone_number TEXT NOT NULL, status INTEGER, outcome TEXT NOT NULL, attempt INTEGER,
    fingerprint TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS attempt_at_number ON call (phone_number) WHERE attempt IS NOT NULL;
"""
SALE = "id, phone_number, location_id, sold_at, number_sid, number_type, country_code, name, in_pool, address_sid, \
bundle_sid, fingerprint, attempt"
CALL = "id, at, method, path, location_id, phone_number, status, outcome, attempt, fingerprint, body"
LONGEST_BODY = 4000


@dataclass(frozen=True, kw_only=True, slots=True)
class Sale:
    """A number that was sold, once and for good."""

    id: int
    phone_number: str
    location_id: str
    sold_at: datetime
    number_sid: str
    number_type: str
    country_code: str
    name: str
    in_pool: bool
    address_sid: str
    bundle_sid: str
    fingerprint: str
    attempt: int
    """Which attempt at this number sold it; `Call.attempt` counts alike."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request as the sandbox saw it; the token is not kept."""

    id: int
    at: datetime
    method: str
    path: str
    """The endpoint: purchase, available, active, pools, locations, location or unknown."""
    location_id: str
    phone_number: str
    status: int | None
    """None where the connection was cut instead of a reply."""
    outcome: str
    """"sold", "taken", the slug of a fault, or another word for what was decided."""
    attempt: int | None
    """Counts the purchase calls for this number that got as far as a decision about it."""
    fingerprint: str
    body: str


Row = tuple[object, ...]


def digest(kind: str, text: str) -> str:
    """32 hexadecimal digits that are always the same for the same text."""
    return hashlib.sha256(f"{kind} {text}".encode()).hexdigest()[:32]


def account_ids(location_id: str) -> tuple[str, str]:
    """The id and the SID of a location's account, the same for ever."""
    return digest("account", location_id)[:20], "AC" + digest("account sid", location_id)


class Ledger:
    """The books. Every public method may be called from any thread."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # outlives a killed process, which is what is rehearsed
        self._db.executescript(SCHEMA)
        self._states: dict[str, AccountState] = {}
        self._version = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done inside is done alone, and kept or dropped as one."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._forget_states_if_edited()
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._states.clear()
                self._db.execute("ROLLBACK")
                raise

    def _forget_states_if_edited(self) -> None:
        version = self._db.execute("PRAGMA data_version").fetchone()[0]  # changes when another connection has written
        if version != self._version:
            self._states.clear()
            self._version = version

    def next_attempt(self, phone_number: str) -> int:
        sql = "SELECT count(*) FROM call WHERE phone_number = ? AND attempt IS NOT NULL"
        with self._lock:
            count: int = self._db.execute(sql, (phone_number,)).fetchone()[0]
        return count + 1

    def sell(
        self,
        *,
        location_id: str,
        phone_number: str,
        number_type: str,
        country_code: str,
        name: str,
        attempt: int,
        in_pool: bool = False,
        address_sid: str = "",
        bundle_sid: str = "",
        fingerprint: str = "",
    ) -> bool:
        """Whether the number was still free, and is now sold. Belongs into a `transaction`."""
        what = (phone_number, location_id, self._clock(), "PN" + digest("number", phone_number), number_type)
        how = (country_code, name, in_pool, address_sid, bundle_sid, fingerprint, attempt)
        sql = f"INSERT OR IGNORE INTO sale ({SALE[4:]}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        with self._lock:
            state = self.account_state(location_id)
            sold = self._db.execute(sql, what + how).rowcount == 1
            if sold:
                state.add(phone_number=phone_number, name=name)
        return sold

    def account_state(self, location_id: str) -> AccountState:
        """The account with all of its numbers in the order of their sale; it is opened when it is first asked for."""
        with self._lock:
            state = self._states.get(location_id)
            if state is None:
                self._open_account(location_id)
                state = self._states[location_id] = self.account_state_without(location_id, phone_number="")
            return state

    def account_state_without(self, location_id: str, *, phone_number: str) -> AccountState:
        """The account as it was before ``phone_number`` was sold."""
        account_id, account_sid = account_ids(location_id)
        state = AccountState(location_id=location_id, account_id=account_id, account_sid=account_sid)
        sql = "SELECT phone_number, name FROM sale WHERE location_id = ? AND phone_number <> ? ORDER BY id"
        with self._lock:
            for number, name in self._db.execute(sql, (location_id, phone_number)):
                state.add(phone_number=number, name=name)
        return state

    def _open_account(self, location_id: str) -> None:
        row = (location_id, *account_ids(location_id), self._clock())
        self._db.execute("INSERT OR IGNORE INTO account VALUES (?, ?, ?, ?)", row)

    def record(
        self,
        *,
        method: str,
        path: str,
        status: int | None,
        outcome: str,
        location_id: str = "",
        phone_number: str = "",
        attempt: int | None = None,
        fingerprint: str = "",
        body: str = "",
    ) -> None:
        """Write a call down."""
        row = (self._clock(), method, path, location_id, phone_number, status, outcome, attempt, fingerprint)
        sql = f"INSERT INTO call ({CALL[4:]}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        with self._lock:
            self._db.execute(sql, (*row, body[:LONGEST_BODY]))

    def active(
        self, location_id: str, *, lag_seconds: float, search: str, skip_pool: bool, page: int, page_size: int
    ) -> list[Sale]:
        """One page of a location's numbers that were sold at least ``lag_seconds`` ago."""
        sql = f"SELECT {SALE} FROM sale WHERE location_id = ? AND sold_at <= ? AND in_pool <= ?"
        sql += " AND instr(phone_number, ?) ORDER BY id LIMIT ? OFFSET ?"
        until = self._clock() - lag_seconds
        return self._sales(sql, (location_id, until, not skip_pool, search, page_size, page * page_size))

    def first_number(self, location_id: str) -> str:
        """The number that a location bought first, which is its default; "" where it has none."""
        sql = "SELECT phone_number FROM sale WHERE location_id = ? ORDER BY id LIMIT 1"
        with self._lock:
            row = self._db.execute(sql, (location_id,)).fetchone()
        return str(row[0]) if row else ""

    def pooled(self, location_id: str) -> list[Sale]:
        """The numbers in pools, of one location or ("") of all."""
        sql = f"SELECT {SALE} FROM sale WHERE in_pool AND ? IN ('', location_id) ORDER BY id"
        return self._sales(sql, (location_id,))

    def note_taken(self, phone_number: str) -> None:
        """Somebody who is no caller of ours has the number: it is on offer no more."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO taken VALUES (?, ?)", (phone_number, self._clock()))

    def gone_among(self, phone_numbers: Iterable[str]) -> set[str]:
        """Those of the numbers that are sold, or were refused as somebody else's."""
        wanted = tuple(phone_numbers)
        marks = ",".join("?" * len(wanted))
        sql = " UNION ".join(
            f"SELECT phone_number FROM {table} WHERE phone_number IN ({marks})" for table in ("sale", "taken")
        )
        with self._lock:
            return {row[0] for row in self._db.execute(sql, wanted * 2)}

    def sold(self) -> list[Sale]:
        """Every sale, oldest first."""
        return [_as_sale(row) for row in self._snapshot(f"SELECT {SALE} FROM sale ORDER BY id")]

    def taken(self) -> list[str]:
        """The numbers that were refused as somebody else's."""
        return [str(row[0]) for row in self._snapshot("SELECT phone_number FROM taken ORDER BY at, phone_number")]

    def calls(self) -> list[Call]:
        """Every call, in the order in which they were decided."""
        return [_as_call(row) for row in self._snapshot(f"SELECT {CALL} FROM call ORDER BY id")]

    def _sales(self, sql: str, values: Row) -> list[Sale]:
        with self._lock:
            return [_as_sale(row) for row in self._db.execute(sql, values).fetchall()]

    def _snapshot(self, sql: str) -> list[Row]:
        # A connection of its own: a long read must not hold up the server, and works when the server is stopped.
        with closing(sqlite3.connect(self.path, timeout=10)) as db:
            return db.execute(sql).fetchall()


def _as_sale(row: Row) -> Sale:
    values: dict[str, object] = dict(zip(SALE.split(", "), row, strict=True))
    values["sold_at"] = datetime.fromtimestamp(float(str(values["sold_at"])), UTC)
    values["in_pool"] = bool(values["in_pool"])
    return Sale(**values)  # type: ignore[arg-type]  # the columns are the fields, and SQLite keeps their types


def _as_call(row: Row) -> Call:
    values: dict[str, object] = dict(zip(CALL.split(", "), row, strict=True))
    values["at"] = datetime.fromtimestamp(float(str(values["at"])), UTC)
    return Call(**values)  # type: ignore[arg-type]  # as above
