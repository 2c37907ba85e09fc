"""A server that answers exactly the bytes it was told to, one answer a request, and refuses what was not scripted."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
LONGEST = 10.0  # seconds that any wait of the server may take; a test that comes near it has failed
PATIENCE = 5.0  # seconds in which the last caller is let in before the server stops


class Then(StrEnum):
    """What becomes of the connection after the bytes."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"
    """Stays open in silence until the server stops."""


@dataclass(frozen=True)
class Answer:
    """Bytes for one request."""

    data: bytes = b""
    then: Then = Then.KEEP
    before_request: bool = False
    """Whether it is given as soon as a connection stands, without waiting for a request."""
    outside_tls: bool = False
    """Whether the bytes go past the encryption."""
    late: bytes = b""
    """Bytes that follow when `Scripted.release` is called."""


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire, the headers' names as they were written."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def reply(status: int, body: bytes | str | Any = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP reply. A body that is neither bytes nor text goes out as JSON."""
    if not isinstance(body, bytes | str):
        body = json.dumps(body)
    raw = body.encode() if isinstance(body, str) else body
    lines = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(raw)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Words\r\n{head}\r\n".encode("latin-1") + raw


@dataclass
class Scripted:
    """Listens on a free port of this machine from `__enter__` to `__exit__`, which fails where the script was left."""

    script: list[Answer]
    tls: ssl.SSLContext | None = None
    requests: list[Received] = field(default_factory=list)
    accepted: int = 0
    unscripted: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._stopping = threading.Event()
        self._released = threading.Event()
        self._changed = threading.Condition()
        self._hangups = threading.Semaphore(0)
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    def release(self) -> None:
        """Let the late bytes go."""
        self._released.set()

    def wait_for_requests(self, count: int) -> None:
        """Until so many have been read: a caller that gives up early may be faster than the server."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= count, timeout=LONGEST)

    def wait_for_hangup(self) -> None:
        """Until the server has closed one connection more."""
        assert self._hangups.acquire(timeout=LONGEST)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is None:
            with self._changed:
                self._changed.wait_for(lambda: not self.script, timeout=PATIENCE)
        self.stop()
        if kind is None:
            assert not self.unscripted, f"asked for and not scripted: {self.unscripted[0]}"
            assert not self.script, f"scripted and not asked for: {len(self.script)} answers"

    def stop(self) -> None:
        """Hang up on everybody; may be called twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._released.set()
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname(), timeout=LONGEST).close()  # wakes the acceptor
        self._acceptor.join(timeout=LONGEST)
        self._listener.close()
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=LONGEST)

    def _accept(self) -> None:
        while True:
            line, _ = self._listener.accept()
            if self._stopping.is_set():
                line.close()
                return
            line.settimeout(LONGEST)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self.accepted += 1
                self._lines.append(line)
            thread = threading.Thread(target=self._serve, args=(line, self.accepted), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(self._hangups.release)
            if self.tls and not self._next_comes_first():
                line = self._encrypt(line)
            stack.callback(line.close)
            while self._answer(line, number):
                pass

    def _encrypt(self, line: socket.socket) -> socket.socket:
        assert self.tls
        try:
            secure = self.tls.wrap_socket(line, server_side=True)
        except OSError:
            line.close()
            raise
        with self._changed:
            self._lines.append(secure)
        return secure

    def _next_comes_first(self) -> bool:
        with self._changed:
            return bool(self.script) and self.script[0].before_request

    def _answer(self, line: socket.socket, number: int) -> bool:
        """Read a request and give the next answer; whether the connection goes on."""
        if not self._next_comes_first():
            request = read_request(line, number)
            if request is None:
                return False
            with self._changed:
                self.requests.append(request)
                self._changed.notify_all()
                if not self.script:
                    self.unscripted.append(request)
                    return False
        with self._changed:
            answer = self.script.pop(0)
            self._changed.notify_all()
        if answer.outside_tls:
            with socket.socket(fileno=os.dup(line.fileno())) as wire:
                wire.sendall(answer.data)
        else:
            line.sendall(answer.data)
        if answer.late:
            self._released.wait(LONGEST)
            line.sendall(answer.late)
        if answer.then is Then.HANG:
            self._stopping.wait(LONGEST)
        if answer.then is Then.RESET:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        return answer.then is Then.KEEP


def read_request(line: socket.socket, number: int) -> Received | None:
    """One whole request, or None where the caller hung up."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        more = line.recv(65536)
        if not more:
            return None
        raw += more
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(one.split(": ", 1) for one in lines)
    while len(body) < int(headers.get("Content-Length", "0")):
        body += line.recv(65536)
    return Received(method=method, target=target, headers=headers, body=body, connection=number)
