"""Stand-ins for what a test must hold in its hands: the client, the provider and the broker."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import kombu.pools
import kombu.transport
from celery import Celery
from django.db import connection, connections
from django.utils import timezone
from kombu.transport import memory

from numbers_app.leadconnector.client import Bought
from numbers_app.leadconnector.errors import Refused
from numbers_app.leadconnector.payloads import ActiveNumbers, PurchaseRequest
from numbers_app.purchasing.crew import crew
from tests.factories import LOCATION_ID, make_list, make_reply, make_state, refused


class Died(BaseException):
    """The process is gone: nothing in the product catches this."""


class ScriptedClient:
    """Plays the answers that it was given, one a call, and refuses every call that was not scripted.

    An answer is a value, an exception to raise, or a function of the call's arguments.
    """

    def __init__(self, *, purchase: Iterable[Any] = (), list_active: Iterable[Any] = ()) -> None:
        self.answers = {"purchase": deque(purchase), "list_active": deque(list_active)}
        self.calls: list[tuple[str, str]] = []

    def purchase(self, location_id: str, request: PurchaseRequest) -> Any:
        self.calls.append(("purchase", request.phone_number))
        return self._play("purchase", location_id, request)

    def list_active(self, location_id: str) -> Any:
        self.calls.append(("list_active", location_id))
        return self._play("list_active", location_id)

    def _play(self, method: str, *arguments: Any) -> Any:
        if not self.answers[method]:
            raise AssertionError(f"{method}{arguments} was not scripted")
        answer = self.answers[method].popleft()
        if callable(answer):
            answer = answer(*arguments)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was not scripted")


def bought(*numbers: str, location_id: str = LOCATION_ID, at: datetime | None = None, **fields: Any) -> Bought:
    """A good reply; the first number is the one that was asked for."""
    reply = make_reply(received_at=at or timezone.now())
    state = make_state(*numbers, location_id=location_id, **fields)
    return Bought(phone_number=numbers[0], account=state, reply=reply)


class FakeProvider:
    """A provider in memory, which lists a sale when the lag is over.

    A careful one sells a number once, as the real one does. A careless one sells it to whoever asks, as often as they
    ask: it does not protect us, so that a POST too many shows.
    """

    def __init__(self, *, lag_seconds: float, careful: bool) -> None:
        self.lag = timedelta(seconds=lag_seconds)
        self.careful = careful
        self.taken = False  # somebody else has bought the number
        self.sales: list[tuple[str, datetime]] = []

    def answer(self, phone_number: str) -> Bought | Refused:
        """What a POST that arrives brings about, whether or not anybody gets to see the answer."""
        owned = [number for number, _ in self.sales]
        if self.taken or (self.careful and phone_number in owned):
            return refused("Phone number is no longer available")
        self.sales.append((phone_number, timezone.now()))
        return bought(*dict.fromkeys([phone_number, *owned]))

    def listed(self) -> ActiveNumbers:
        now = timezone.now()
        return make_list(*[number for number, at in self.sales if now - at >= self.lag], at=now)

    # A client for each thing that can happen to one call.
    def answering(self) -> ScriptedClient:
        return ScriptedClient(purchase=[lambda _, request: self.answer(request.phone_number)])

    def selling_and_then(self, error: BaseException) -> ScriptedClient:
        """Where it is not sold because it is taken, the refusal is lost in the same way."""

        def sell(_: str, request: PurchaseRequest) -> BaseException:
            self.answer(request.phone_number)
            return error

        return ScriptedClient(purchase=[sell])

    def not_selling(self, error: BaseException) -> ScriptedClient:
        return ScriptedClient(purchase=[error])

    def listing(self) -> ScriptedClient:
        return ScriptedClient(list_active=[lambda _: self.listed()])

    def not_listing(self, error: BaseException) -> ScriptedClient:
        return ScriptedClient(list_active=[error])


class AwayTransport(memory.Transport):
    """A broker that nobody can reach."""

    connection_errors = (*memory.Transport.connection_errors, ConnectionRefusedError)

    class Channel(memory.Channel):
        def _put(self, queue: str, message: Any, **options: Any) -> None:
            raise ConnectionRefusedError("nobody is there")


kombu.transport.TRANSPORT_ALIASES["away"] = "tests.fakes:AwayTransport"


class Mailbox:
    """Celery's broker, in memory; the test takes the messages out as a worker would."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        app.loader.import_default_modules()  # the tasks, as a worker finds them
        self._use("memory://localhost")
        self.take()

    def _use(self, url: str) -> None:
        self.connect({"broker_url": url, "broker_read_url": url, "broker_write_url": url})

    def connect(self, urls: Mapping[str, str | None]) -> None:
        """Point Celery at other addresses, and let it forget the connections that it has."""
        self.app.conf.update(urls)
        kombu.pools.reset()
        self.app._pool = None
        self.app.amqp._producer_pool = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """The broker is gone for a while."""
        self._use("away://localhost")
        try:
            yield
        finally:
            self._use("memory://localhost")

    def take(self) -> list[tuple[str, list[Any]]]:
        """All messages: the task's name and its arguments."""
        found = []
        with self.app.connection_for_read() as opened, opened.SimpleQueue(self.app.conf.task_default_queue) as queue:
            while queue.qsize():
                message = queue.get(block=False)
                message.ack()
                found.append((message.headers["task"], message.payload[0]))
        return found

    def work(self) -> int:
        """Do what the messages ask for, to the end; returns how many there were."""
        messages = self.take()
        for task, arguments in messages:
            self.app.tasks[task](*arguments)
        crew().drain()
        return len(messages)


def other_connection(question: Callable[[], Any]) -> Any:
    """What ``question`` answers over a connection of its own, which sees only what has been committed."""
    return in_threads([question])[0]


def in_threads(jobs: Iterable[Callable[[], Any]], *, patience: float = 60) -> list[Any]:
    """Run the jobs at the same moment, each in a thread with connections of its own; returns results or exceptions."""
    todo = list(jobs)
    together = threading.Barrier(len(todo))
    results: list[Any] = [None] * len(todo)

    def run(position: int, job: Callable[[], Any]) -> None:
        try:
            together.wait(patience)
            results[position] = job()
        except BaseException as error:  # noqa: BLE001 - it is the result
            results[position] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(todo)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
        assert not thread.is_alive(), "a thread hangs"
    return results


def failures(results: Iterable[Any]) -> list[BaseException]:
    return [result for result in results if isinstance(result, BaseException)]


@contextmanager
def dies_at(statement: int) -> Iterator[list[str]]:
    """The process dies when it is about to send its n-th statement; yields the statements that were sent before."""
    sent: list[str] = []

    def count(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if len(sent) == statement:
            raise Died
        sent.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count):
        yield sent
