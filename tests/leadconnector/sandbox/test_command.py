"""`manage.py sandbox`. Needs Django; the one test that starts a process needs the project's settings to be whole."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command

REPOSITORY = Path(__file__).parents[3]


def refusal(*words: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command("sandbox", *words)
    return caught.value


def test_real_token_keeps_the_sandbox_from_starting(settings: Any) -> None:
    settings.LEADCONNECTOR_TOKEN = "pit-very-secret"

    error = refusal("--port=0")

    assert error.returncode == 64
    assert "LEADCONNECTOR_TOKEN" in str(error)
    assert "pit-very-secret" not in str(error)


@pytest.mark.parametrize("host", ["0.0.0.0", "example.com", "192.168.1.5", "::"])
def test_open_address_needs_force(settings: Any, host: str) -> None:
    settings.LEADCONNECTOR_TOKEN = ""

    error = refusal("--port=0", f"--host={host}")

    assert error.returncode == 64
    assert host in str(error)


@pytest.mark.parametrize("word", ["--fault-rate=2", "--taken-rate=2", "--latency=-1", "--locations=-5", "--port=70000"])
def test_bad_option_is_named(settings: Any, tmp_path: Path, word: str) -> None:
    settings.LEADCONNECTOR_TOKEN = "sandbox-1"

    error = refusal(f"--state={tmp_path / 'state'}", word)

    assert error.returncode == 64
    assert word[2:].split("-", maxsplit=1)[0].split("=", maxsplit=1)[0] in str(error)


def test_busy_port_is_named(settings: Any, tmp_path: Path) -> None:
    settings.LEADCONNECTOR_TOKEN = ""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        error = refusal(f"--port={port}", f"--state={tmp_path / 'state'}")

    assert error.returncode == 64
    assert str(port) in str(error)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_process_at_once_while_a_call_hangs(tmp_path: Path, number: signal.Signals) -> None:
    state = tmp_path / "state"
    command = [sys.executable, "manage.py", "sandbox", "--port=0", f"--state={state}"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        words = process.stdout.readline()
        url = next(word.rstrip(";") for word in words.split() if word.startswith("http"))
        hanging = threading.Thread(target=call_that_hangs, args=(url,))
        hanging.start()
        while "timeout-after" not in requests.get(f"{url}/_sandbox/calls", timeout=5).text:
            threading.Event().wait(0.02)

        process.send_signal(number)

        assert process.wait(timeout=10) == 0
        hanging.join(timeout=5)
    assert "stand-in" in words
    assert state.exists()


def call_that_hangs(url: str) -> None:
    headers = {"Authorization": "Bearer sandbox-1", "Version": "2021-07-28"}
    with pytest.raises(requests.ConnectionError):
        requests.post(
            f"{url}/phone-system/numbers/location/a/purchase",
            json={"phoneNumber": "+15005554000"},
            headers=headers,
            timeout=60,
        )


def test_settings_name_where_the_state_is(settings: Any, tmp_path: Path) -> None:
    from numbers_app.management.commands.sandbox import Command, sandbox_options

    settings.VAR_DIR = tmp_path
    parser = Command().create_parser("manage.py", "sandbox")

    options = sandbox_options(vars(parser.parse_args(["--no-limits", "--seed=7", "--list-lag=1.5"])))

    assert options.state == tmp_path / "sandbox.sqlite3"
    assert (options.limits, options.seed, options.list_lag_seconds, options.port) == (False, 7, 1.5, 8001)
