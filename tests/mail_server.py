"""A mail server that takes everything: as much of SMTP as Django's backend speaks."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: MailServer

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline():
            command = line.decode().strip().upper()
            if command.startswith("DATA"):
                self.say("354 go on")
                self.server.take(b"".join(iter(self.rfile.readline, b".\r\n")))
            self.say("221 bye" if command == "QUIT" else "250 ok")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """On a free port, from `with` to its end; ``mails`` are those that came."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.mails: list[EmailMessage] = []
        self.when_it_came: Callable[[], Any] | None = None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> MailServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    def take(self, message: bytes) -> None:
        """Keep the mail, and before the sender hears of it do what the test wants done then."""
        self.mails.append(email.message_from_bytes(message, policy=email.policy.default))  # type: ignore[arg-type]
        if self.when_it_came:
            self.when_it_came()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that was killed leaves a broken connection behind."""
