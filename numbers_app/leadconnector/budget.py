"""The request budget: how many requests a location may still send, shared by all processes through Redis.

The provider allows 100 requests in 10 s and 200,000 a day, for each location (docs/provider.md), and says in its
replies' headers what it counts. Every send is noted with Redis' own time, so no process's clock matters, and one is
forgotten a margin after the provider has: no 10 s of the provider's, however they lie, then see more than 100.

Without Redis nothing is counted and everything may go: too many requests cost a 429, which is certain not to buy.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

import redis

from numbers_app.leadconnector.errors import NotSent, Reply

logger = logging.getLogger(__name__)

BURST = 100
INTERVAL_MS = 10_000
DAILY = 200_000
LONGEST_INTERVAL_MS = 3_600_000  # a longer one is a mistake
MARGIN_MS = 150  # how much longer one request may take to arrive than another
UNCOUNTED = 10_000  # an allowance of so many in an interval is none that we could reach
TOO_MANY_REQUESTS = 429
PATIENCE_SECONDS = 1.0  # a frozen Redis must not hold up a worker

# ``share`` is the part of the burst that the purpose may use. All times are milliseconds.
STATE = """
local log, state = KEYS[1], KEYS[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local known = redis.call('HMGET', state, 'max', 'interval', 'closed_until', 'day_used', 'day_ends', 'day_max')
local max, interval = tonumber(known[1] or ARGV[1]), tonumber(known[2] or ARGV[2])
local span = interval + tonumber(ARGV[3])
local day_max = tonumber(known[6] or ARGV[4])
local closed_until, day_used, day_ends = tonumber(known[3] or 0), tonumber(known[4] or 0), tonumber(known[5] or 0)
if day_ends <= now then day_used, day_ends = 0, now + 86400000 end
redis.call('ZREMRANGEBYSCORE', log, '-inf', now - span)
local used = redis.call('ZCARD', log)
local function note(count)
    local last = redis.call('HINCRBY', state, 'sequence', count)
    for n = last - count + 1, last do redis.call('ZADD', log, now, n) end
    redis.call('PEXPIRE', log, span)
end
"""
TAKE = (
    STATE
    + """
local wanted, share, uncounted = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if closed_until > now then return {0, 0, closed_until - now, max, interval, day_max} end
local ceiling = math.max(1, math.floor(max * share))
local free = math.max(0, math.min(ceiling - used, day_max - day_used))
local granted = math.min(wanted, free)
if granted > 0 then
    if max < uncounted then note(granted) end
    redis.call('HSET', state, 'day_used', day_used + granted, 'day_ends', day_ends)
    redis.call('PEXPIRE', state, 172800000)
end
local wait = 0
if free - granted <= 0 then
    if day_max - day_used - granted <= 0 then
        wait = day_ends - now
    else
        local index = math.max(0, used + granted - ceiling)
        local oldest = redis.call('ZRANGE', log, index, index, 'WITHSCORES')
        wait = oldest[2] and math.max(1, oldest[2] + span - now) or 1
    end
end
return {granted, free - granted, wait, max, interval, day_max}
"""
)
LEARN = (
    STATE
    + """
local said_max, said_left, said_interval = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local said_day, said_day_left = tonumber(ARGV[8]), tonumber(ARGV[9])
local close, uncounted = tonumber(ARGV[10]), tonumber(ARGV[11])
if said_max > 0 then redis.call('HSET', state, 'max', said_max) end
if said_interval > 0 then redis.call('HSET', state, 'interval', said_interval) end
if said_day > 0 then
    redis.call('HSET', state, 'day_max', said_day)
    if said_day_left >= 0 then
        redis.call('HSET', state, 'day_used', said_day - said_day_left, 'day_ends', day_ends)
    end
end
if said_max > 0 and said_max < uncounted and said_left >= 0 then
    local others = said_max - said_left - used
    if others > 0 then note(others) end
end
if close > 0 and now + close > closed_until then redis.call('HSET', state, 'closed_until', now + close) end
redis.call('PEXPIRE', state, 172800000)
return 1
"""
)


class Purpose(Enum):
    """What a request is for; the value is the share of the burst that it may use, so that purchases go first."""

    BUYING = 1.0
    """A purchase, or the look at the list that an unknown outcome needs."""
    READING = 0.6
    """Syncs and searches."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """How many requests may be sent now, how many more there would be room for, and how long until there is more."""

    granted: int
    left: int
    wait_seconds: float


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a reply's headers say; -1 for what they don't."""

    burst: int
    left: int
    interval_ms: int
    daily: int
    daily_left: int

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Limits:
        def number(name: str) -> int:
            text = headers.get(f"x-ratelimit-{name}", "").strip()
            return int(text) if text.isdecimal() and len(text) <= len("999999999999") else -1

        interval_ms = number("interval-milliseconds")
        return cls(
            burst=number("max"),
            left=number("remaining"),
            interval_ms=interval_ms if interval_ms <= LONGEST_INTERVAL_MS else -1,
            daily=number("limit-daily"),
            daily_left=number("daily-remaining"),
        )


class Budget:
    """Counts for one provider; ``name`` begins all of its keys in Redis."""

    def __init__(self, connection: redis.Redis, *, name: str) -> None:
        self._redis = connection
        self._name = name
        self._known: dict[str, list[int]] = {}
        """The limits that Redis knows, as far as we have heard: burst, interval and a day's."""

    def take(self, wanted: Mapping[str, int], *, purpose: Purpose) -> dict[str, Grant]:
        """Ask for so many requests for each key (a location's ID, or "" for the agency); a part may be granted."""
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for key, count in wanted.items():
                    arguments = [*self._defaults, count, purpose.value, UNCOUNTED]
                    pipe.eval(TAKE, 2, *self._keys(key), *arguments)
                answers = pipe.execute()
        except redis.RedisError as error:
            logger.warning("The request budget can't be counted (%s): requests go without", type(error).__name__)
            return {key: Grant(granted=count, left=BURST, wait_seconds=0) for key, count in wanted.items()}
        grants = {}
        for key, (granted, left, wait, *limits) in zip(wanted, answers, strict=True):
            grants[key] = Grant(granted=int(granted), left=int(left), wait_seconds=int(wait) / 1000)
            self._known[key] = limits
        return grants

    def spend(self, key: str, *, purpose: Purpose) -> None:
        """Take one request; raises `NotSent`, with the wait, where there is none left."""
        grant = self.take({key: 1}, purpose=purpose)[key]
        if not grant.granted:
            words = "The provider's request limit for this location is used up for the moment."
            raise NotSent(words, retry_after=grant.wait_seconds)

    def learn(self, key: str, reply: Reply) -> None:
        """Heed what a reply says of the limits: others may use them too, and a 429 closes them for a while."""
        limits = Limits.read(reply.headers)
        if reply.duration_seconds * 1000 > INTERVAL_MS / 2:  # what it says of the interval is old
            limits = replace(limits, left=-1)
        close_ms = self._closed_ms(reply, limits)
        if not close_ms and not self._is_news(key, limits):
            return
        said = [limits.burst, limits.left, limits.interval_ms, limits.daily, limits.daily_left, close_ms, UNCOUNTED]
        try:
            self._redis.eval(LEARN, 2, *self._keys(key), *self._defaults, *said)
        except redis.RedisError as error:
            logger.warning("The request limits can't be noted (%s)", type(error).__name__)
        else:
            self._known[key] = [limits.burst, limits.interval_ms, limits.daily]

    @property
    def is_counted(self) -> bool:
        """Whether Redis answers."""
        try:
            self._redis.ping()
        except redis.RedisError:
            return False
        return True

    def _is_news(self, key: str, limits: Limits) -> bool:
        """Most replies say what is known, and plenty left."""
        known = self._known.get(key, [BURST, INTERVAL_MS, DAILY])
        said = (limits.burst, limits.interval_ms, limits.daily)
        differs = any(number > 0 and number != known[place] for place, number in enumerate(said))
        scarce = 0 <= limits.left * 2 < limits.burst or 0 <= limits.daily_left * 10 < limits.daily
        return differs or scarce

    @staticmethod
    def _closed_ms(reply: Reply, limits: Limits) -> int:
        """How long a 429 closes the location: as long as it asks, else until the interval is over."""
        if reply.status != TOO_MANY_REQUESTS:
            return 0
        asked = reply.retry_after_seconds()
        return round(asked * 1000) if asked is not None else max(limits.interval_ms, 0) or INTERVAL_MS

    @property
    def _defaults(self) -> list[int]:
        return [BURST, INTERVAL_MS, MARGIN_MS, DAILY]

    def _keys(self, key: str) -> tuple[str, str]:
        return f"{self._name}:{{{key}}}:sent", f"{self._name}:{{{key}}}:limits"


def connect(url: str) -> redis.Redis:
    """A connection for budgets to the Redis that Celery calls ``url``; it is made when it is first used."""
    plain = url.replace("redis+socket://", "unix://", 1)
    return redis.Redis.from_url(
        plain, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS, health_check_interval=30
    )
