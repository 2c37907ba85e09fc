"""How the operators' commands end, and how they print."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from numbers_app.models import Purchase, Status

DONE = 0
NOT_BOUGHT = 1
WAITING = 2  # unknown, or not decided yet
BAD_INPUT = 64  # EX_USAGE of sysexits.h

NOT_BOUGHT_STATUSES = (Status.REJECTED, Status.FAILED, Status.CANCELLED)


def exit_code(purchase: Purchase) -> int:
    """0 bought, 1 certainly not bought, 2 anything else."""
    if purchase.status == Status.PURCHASED:
        return DONE
    return NOT_BOUGHT if purchase.status in NOT_BOUGHT_STATUSES else WAITING


class BadInput(CommandError):
    """What was typed can't be used; ends the command with 64."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=BAD_INPUT)


class OperatorParser(CommandParser):
    """Ends with 64 on a wrong option, where argparse would say 2, which here means "waiting"."""

    def error(self, message: str) -> Any:
        if self.called_from_command_line:
            self.exit(BAD_INPUT, f"{self.format_usage()}{self.prog}: error: {message}\n")
        raise BadInput(message)


class OperatorCommand(BaseCommand):
    """A command for operators: ``--json`` for machines, and an exit code that says how it ended."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = OperatorParser
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def show(self, data: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
        self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))

    def end(self, code: int) -> None:
        if code:
            raise SystemExit(code)
