"""How the operators' commands end, and how they print."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, SystemCheckError

from numbers_app.models import Purchase, Status

logger = logging.getLogger(__name__)

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

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """No command takes bytes that are no text; they would break off half way."""
        for word in args or ():
            if not is_text(str(word)):
                self.error(f"{word!r} is not UTF-8 text.")
        return super().parse_args(args, namespace)

    def error(self, message: str) -> Any:
        if self.called_from_command_line:
            self.exit(BAD_INPUT, f"{self.format_usage()}{self.prog}: error: {message}\n")
        raise BadInput(message)


def is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


class OperatorCommand(BaseCommand):
    """A command for operators: ``--json`` for machines, and an exit code that says how it ended."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = OperatorParser
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run_from_argv(self, argv: list[str]) -> None:
        """A breakdown ends with 2, for Python's own 1 would say that the number was certainly not bought."""
        try:
            super().run_from_argv(argv)
        except BadInput:  # with --traceback, which asks to see where it came from
            logger.exception("Bad input.")
            sys.exit(BAD_INPUT)
        except Exception:
            logger.exception("The command broke down. What it did until then stands; show_purchase tells.")
            sys.exit(WAITING)

    def check(self, *args: Any, **kwargs: Any) -> None:
        """A wrong environment says nothing of what an earlier run with the same key bought."""
        try:
            super().check(*args, **kwargs)
        except SystemCheckError as error:
            error.returncode = WAITING
            raise

    def show(self, data: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
        self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))

    def end(self, code: int) -> None:
        if code:
            raise SystemExit(code)
