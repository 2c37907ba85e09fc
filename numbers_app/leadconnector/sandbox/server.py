"""The sandbox over HTTP: connections, headers, and the ways to break them."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import sqlite3
import struct
import sys
import tempfile
import threading
import traceback
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from .ledger import Ledger
from .limits import NO_LIMIT, Allowance
from .options import SandboxOptions
from .provider import Provider, Request
from .replies import Cut, Reply, error, json_reply

LARGEST_BODY = 1_000_000
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time at all: the kernel drops what is queued and sends RST
FAREWELL_SECONDS = 0.5
ABOUT = b"""The sandbox: a stand-in for the provider's phone API. No number that is bought here costs anything.
GET /_sandbox/ledger  what was sold
GET /_sandbox/calls   what was asked for, and what came of it
"""


class Server(ThreadingHTTPServer):
    """Knows its connections, so that `stop` can end them at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, *, options: SandboxOptions, ledger: Ledger) -> None:
        self.options = options
        self.ledger = ledger
        self.provider = Provider(options=options, ledger=ledger)
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        self.changed = threading.Condition()
        super().__init__((options.host, options.port), Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer would look the host's name up, which can take seconds
        self.server_name, self.server_port = self.options.host, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.changed:
            self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        linger = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(RESET_ON_CLOSE))
        if linger == RESET_ON_CLOSE:
            request.close()  # without the orderly end that would come before the reset
        else:
            super().shutdown_request(request)
        with self.changed:
            self.connections.discard(request)
            self.changed.notify_all()

    def end_connections(self) -> None:
        """Hang up on everybody, and wait a moment for the threads to notice."""
        self.stopping.set()
        with self.changed:
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self.changed.wait_for(lambda: not self.connections, timeout=FAREWELL_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is daily life; anything else is a bug and is loud."""
        if not self.stopping.is_set() and not isinstance(sys.exception(), ConnectionError):
            traceback.print_exc()


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    own_pages: ClassVar[tuple[str, ...]] = ("/", "/_sandbox/ledger", "/_sandbox/calls")

    def handle_any(self) -> None:
        body = self._read_body()
        if body is None:
            return
        if self.command == "GET" and self.path in self.own_pages:
            self._send(self._own_page(), NO_LIMIT)
            return
        request = Request(
            method=self.command,
            target=self.path,
            authorization=self.headers.get("Authorization", ""),
            version=self.headers.get("Version", ""),
            body=body,
        )
        reply, allowance = self.server.provider.answer(request)
        self._deliver(reply, allowance)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815  # http.server's names

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            words = f"Content-Length must say how long the body is, at most {LARGEST_BODY} bytes"
            self._send(error(413, words, outcome="too long"), NO_LIMIT)
            return None
        return self.rfile.read(int(length))

    def _own_page(self) -> Reply:
        ledger = self.server.ledger
        if self.path == "/":
            return Reply(status=200, outcome="", body=ABOUT, content_type="text/plain; charset=utf-8")
        if self.path == "/_sandbox/ledger":
            return json_reply(200, {"sales": [_plain(asdict(sale)) for sale in ledger.sold()]}, outcome="")
        return json_reply(200, {"calls": [_plain(asdict(call)) for call in ledger.calls()]}, outcome="")

    def _deliver(self, reply: Reply, allowance: Allowance) -> None:
        """Send the reply, late, broken or not at all, as it says itself. A stop cuts all waiting short."""
        options = self.server.options
        wait = options.hang_seconds if reply.cut is Cut.HANG else options.latency_seconds + reply.delay_seconds
        if wait and self.server.stopping.wait(wait):
            self.close_connection = True
            return
        if reply.cut is Cut.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        if reply.cut in (Cut.RESET, Cut.HANG):
            self.close_connection = True
            return
        self._send(reply, allowance)

    def _send(self, reply: Reply, allowance: Allowance) -> None:
        body = reply.body
        retry_after = f"Retry-After: {reply.retry_after}\r\n" if reply.retry_after else ""
        self.close_connection |= reply.cut is Cut.HALF
        head = (
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
            f"Content-Type: {reply.content_type}\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"X-Trace-Id: {os.urandom(8).hex()}\r\n"
            f"{allowance.headers()}{retry_after}"
            f"{'Connection: close' if self.close_connection else 'Connection: keep-alive'}\r\n\r\n"
        )
        if reply.cut is Cut.HALF:
            body = body[: len(body) // 2]
        self.wfile.write(head.encode() + body)  # in one piece: two would wait for each other's acknowledgement

    def log_message(self, format: str, *args: Any) -> None:  # http.server's name
        """The ledger is the log."""


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


class Sandbox:
    """A sandbox that listens from the moment it is made, and serves from `start` to `stop`.

    Raises OSError where the port is taken, ValueError where the state can't be used.
    """

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self.options = options or SandboxOptions()
        self._folder = None if self.options.state else tempfile.TemporaryDirectory(prefix="sandbox-")
        self.state = self.options.state or Path(self._folder.name if self._folder else "") / "sandbox.sqlite3"
        self.state.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.ledger = Ledger(self.state)
        except sqlite3.Error as broken:
            raise ValueError(f"the state {self.state} can't be used: {broken}.") from broken
        try:
            self._server = Server(options=self.options, ledger=self.ledger)
        except OSError:
            self._close()
            raise
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    @property
    def url(self) -> str:
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        return f"http://{host}:{self._server.server_port}"

    def start(self) -> None:
        """Serve in the background."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        self._thread.start()

    def serve_forever(self) -> None:
        """Serve until `stop` is called, from another thread or a signal handler."""
        if self._thread is None:
            self.start()
        self._stopped.wait()

    def stop(self) -> None:
        """End every connection, also those that hang, and close the state. May be called twice."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._server.stopping.set()
        if self._thread is not None:
            self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._close()

    def _close(self) -> None:
        self.ledger.close()
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.stop()
