"""Serve the sandbox: a stand-in for the provider, in which nothing costs anything."""

from __future__ import annotations

import ipaddress
import signal
from argparse import ArgumentParser
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions

BAD_INPUT = 64
SANDBOX_TOKEN = "sandbox-"  # how a token that opens nothing begins


class Command(BaseCommand):
    help = "Serves the sandbox, a stand-in for the provider's phone API. It refuses where a real token is set."
    # The sandbox needs nothing of the desk: it must start where the desk's own settings are not right yet.
    requires_system_checks: list[str] = []  # Django declares it so
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001, help="8001 unless told; 0 takes any free port")
        parser.add_argument("--host", default="127.0.0.1", help="a loopback address, unless --force is given")
        parser.add_argument("--state", type=Path, help="the SQLite file; var/sandbox.sqlite3 unless told")
        parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before every reply")
        parser.add_argument("--list-lag", type=float, default=5.0, metavar="SECONDS", help="until a sale is listed")
        parser.add_argument("--hang", type=float, default=120.0, metavar="SECONDS", help="how long a timeout lasts")
        parser.add_argument("--fault-rate", type=float, default=0.0, metavar="RATE", help="of purchases, 0 to 1")
        parser.add_argument("--list-fault-rate", type=float, default=0.0, metavar="RATE", help="of list reads, 0 to 1")
        parser.add_argument("--after-share", type=float, default=0.5, metavar="SHARE", help="faults after the sale")
        parser.add_argument("--taken-rate", type=float, default=0.0, metavar="RATE", help="of numbers, somebody else's")
        parser.add_argument("--seed", type=int, default=0, help="the same seed brings the same faults")
        parser.add_argument("--no-limits", action="store_true", help="no request limits")
        parser.add_argument("--locations", type=int, default=12, metavar="N", help="how many demo locations")
        parser.add_argument("--force", action="store_true", help="start in spite of a real token or an open address")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["force"]:
            refuse_real_token(str(getattr(settings, "LEADCONNECTOR_TOKEN", "") or ""))
            refuse_open_address(options["host"])
        sandbox = self._make(options)
        stop = Event()
        before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            sandbox.start()
            self.stdout.write(f"Sandbox: a stand-in for the provider at {sandbox.url}; nothing here costs anything.")
            self.stdout.write(f"Its state is {sandbox.state}; {sandbox.url}/_sandbox/ledger shows what was sold.")
            self.stdout.flush()
            stop.wait()
        finally:
            sandbox.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _make(self, options: dict[str, Any]) -> Sandbox:
        try:
            return Sandbox(sandbox_options(options))
        except ValueError as wrong:
            raise CommandError(f"The sandbox can't start: {wrong}", returncode=BAD_INPUT) from wrong
        except OSError as refused:
            where = f"{options['host']}:{options['port']}"
            message = f"The sandbox can't listen on {where}: {refused.strerror}. Choose another port with --port."
            raise CommandError(message, returncode=BAD_INPUT) from refused


def sandbox_options(options: dict[str, Any]) -> SandboxOptions:
    """Raises ValueError."""
    var_dir = Path(getattr(settings, "VAR_DIR", Path(settings.BASE_DIR) / "var"))
    return SandboxOptions(
        host=options["host"],
        port=options["port"],
        state=options["state"] or var_dir / "sandbox.sqlite3",
        latency_seconds=options["latency"],
        list_lag_seconds=options["list_lag"],
        hang_seconds=options["hang"],
        fault_rate=options["fault_rate"],
        list_fault_rate=options["list_fault_rate"],
        faults_after_sale_share=options["after_share"],
        taken_rate=options["taken_rate"],
        seed=options["seed"],
        limits=not options["no_limits"],
        locations=options["locations"],
    )


def refuse_real_token(token: str) -> None:
    """Raises CommandError where the desk is set up to spend real money."""
    if token and not token.startswith(SANDBOX_TOKEN):
        raise CommandError(
            "LEADCONNECTOR_TOKEN holds a token of the provider, so this desk buys real numbers; a sandbox beside it "
            "would only confuse. Unset LEADCONNECTOR_TOKEN to rehearse, or start the sandbox with --force.",
            returncode=BAD_INPUT,
        )


def refuse_open_address(host: str) -> None:
    """Raises CommandError where others could reach the sandbox, whose ledger anybody may read."""
    try:
        closed = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        closed = False
    if not closed:
        raise CommandError(
            f"{host} is not a loopback address, and the sandbox shows its ledger to whoever can reach it. "
            "Use 127.0.0.1, or give --force.",
            returncode=BAD_INPUT,
        )
