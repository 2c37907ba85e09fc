"""What the environment may say, and what is said about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from leadway_site import environment
from leadway_site.environment import Environment
from numbers_app.checks import encryption_key_problems, secret_key_problems, token_problems
from tests.leadway_site.desks import run

GOOD_SECRETS = {
    "SECRET_KEY": "good-for-a-test-" + "y" * 40,
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}
WRONG = {
    "PORT": ("eighty", "PORT can't be used: 'eighty' is not right."),
    "SANDBOX_PORT": ("70000", "SANDBOX_PORT can't be used: '70000' is not right."),
    "DEBUG": ("perhaps", "DEBUG can't be used: 'perhaps' is not right."),
    "DATABASE_URL": ("mysql://root:hidden@host/name", "DATABASE_URL can't be used: the value given is not right."),
    "REDIS_URL": ("amqp://guest:hidden@host", "REDIS_URL can't be used: the value given is not right."),
    "LEADCONNECTOR_BASE_URL": (
        "http://elsewhere.example",
        "LEADCONNECTOR_BASE_URL can't be used: 'http://elsewhere.example' is not right.",
    ),
    "EMAIL_URL": ("pigeon://root:hidden@host", "EMAIL_URL can't be used: the value given is not right."),
    "SITE_URL": ("numbers.example.com", "SITE_URL can't be used: 'numbers.example.com' is not right."),
    "DEFAULT_FROM_EMAIL": ("nobody", "DEFAULT_FROM_EMAIL can't be used: 'nobody' is not right."),
    "LEADCONNECTOR_TIMEOUT_SECONDS": ("0", "LEADCONNECTOR_TIMEOUT_SECONDS can't be used: '0' is not right."),
}
STARTS = {
    "check": ("manage.py", "check"),
    "migrate": ("manage.py", "migrate"),
    "web": ("-m", "gunicorn", "--config", "python:leadway_site.gunicorn"),
    "worker": ("-m", "celery", "--app", "leadway_site", "worker"),
    "beat": ("-m", "celery", "--app", "leadway_site", "beat", "--pidfile="),
}


def test_every_wrong_variable_is_reported_at_once_with_what_to_set(var_dir: Path) -> None:
    done = run("manage.py", "check", var_dir=var_dir, **{name: value for name, (value, _) in WRONG.items()})

    assert done.returncode == 1
    for name, (_, sentence) in WRONG.items():
        assert sentence in done.stdout
        assert f"Set {name} to" in done.stdout
    assert "SECRET_KEY is not set." in done.stdout
    assert "FIELD_ENCRYPTION_KEYS is not set." in done.stdout
    assert "hidden" not in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("command", STARTS.values(), ids=STARTS.keys())
def test_wrong_variable_stops_every_start_with_its_sentence(var_dir: Path, command: tuple[str, ...]) -> None:
    done = run(*command, var_dir=var_dir, **GOOD_SECRETS, PORT="eighty")

    assert done.returncode != 0
    assert "PORT can't be used: 'eighty' is not right." in done.stdout


def test_same_port_for_desk_and_sandbox_is_refused(var_dir: Path) -> None:
    done = run("manage.py", "check", var_dir=var_dir, **GOOD_SECRETS, PORT="8770", SANDBOX_PORT="8770")

    assert done.returncode == 1
    assert "SANDBOX_PORT and PORT are both 8770." in done.stdout


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = run("manage.py", "check", var_dir=tmp_path / "file" / "var", **GOOD_SECRETS)

    assert done.returncode == 1
    assert "VAR_DIR can't be used" in done.stdout
    assert "Traceback" not in done.stdout


def test_empty_secret_does_not_hide_the_one_that_was_made(var_dir: Path) -> None:
    var_dir.mkdir()
    (var_dir / "secrets.env").write_text("".join(f"{name}={value}\n" for name, value in GOOD_SECRETS.items()))

    done = run("manage.py", "check", var_dir=var_dir, SECRET_KEY="", FIELD_ENCRYPTION_KEYS=" ")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("cast", "raw", "value"),
    [
        (environment.as_flag, "Yes", True),
        (environment.as_flag, "off", False),
        (environment.as_seconds, "300", 300),
        (environment.as_port, "65535", 65535),
        (environment.as_http_url, "https://provider.example/", "https://provider.example"),
        (environment.as_http_url, "http://127.0.0.1:4010", "http://127.0.0.1:4010"),
        (environment.as_site_url, "http://desk.lan:8000/", "http://desk.lan:8000"),
        (environment.as_mail_address, "Leadway <numbers@example.com>", "Leadway <numbers@example.com>"),
        (
            environment.as_mail,
            "smtp+tls://me%40example.com:p%2Fw@mail.example.com",
            {
                "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "EMAIL_HOST": "mail.example.com",
                "EMAIL_HOST_USER": "me@example.com",
                "EMAIL_HOST_PASSWORD": "p/w",
                "EMAIL_PORT": 587,
                "EMAIL_USE_TLS": True,
            },
        ),
        (
            environment.as_mail,
            "smtp://localhost:2525",
            {
                "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "EMAIL_HOST": "localhost",
                "EMAIL_PORT": 2525,
            },
        ),
        (
            environment.as_mail,
            "consolemail://",
            {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"},
        ),
        (environment.as_redis_url, "rediss://user:word@host:6380/2", "rediss://user:word@host:6380/2"),
        (environment.as_redis_url, "redis+socket:///run/redis.sock", "redis+socket:///run/redis.sock"),
    ],
)
def test_good_value_is_taken(cast: object, raw: str, value: object) -> None:
    assert cast(raw) == value  # type: ignore[operator]


@pytest.mark.parametrize(
    ("cast", "raw"),
    [
        (environment.as_flag, "2"),
        (environment.as_seconds, "1.5"),
        (environment.as_seconds, "301"),
        (environment.as_port, "0"),
        (environment.as_port, "65536"),
        (environment.as_http_url, "provider.example"),
        (environment.as_http_url, "ftp://provider.example"),
        (environment.as_http_url, "https://provider.example/?token=x"),
        (environment.as_redis_url, "redis://"),
        (environment.as_site_url, "numbers.example.com"),
        (environment.as_mail_address, "nobody"),
        (environment.as_mail_address, "@example.com"),
        (environment.as_mail_address, "a@example.com\r\nBcc: b@example.com"),
        (environment.as_mail_address, "a@example.com, b@example.com"),
        (environment.as_mail, "smtp://"),
        (environment.as_mail, "smtps://host"),
        (environment.as_mail, "smtp://host:99999"),
        (environment.as_mail, "smtp://host/path"),
        (environment.as_mail, "smtp://host?timeout=3"),
        (environment.as_mail, "host:25"),
        (environment.as_database, "postgres://user:word@host:5432"),
        (environment.as_database, "oracle://user:word@host/name"),
    ],
)
def test_bad_value_is_refused(cast: object, raw: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        cast(raw)  # type: ignore[operator]


def test_words_are_separated_by_commas_and_spaces_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", " desk.example , ,127.0.0.1")

    assert Environment().words("ALLOWED_HOSTS") == ["desk.example", "127.0.0.1"]


def test_key_that_is_no_fernet_key_is_named_by_its_place_alone(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [GOOD_SECRETS["FIELD_ENCRYPTION_KEYS"], "not-a-key-but-secret"]

    (problem,) = encryption_key_problems()

    assert "key number 2" in problem.msg
    assert "not-a-key-but-secret" not in str(problem)


def test_short_secret_key_is_refused_without_showing_it(settings: Settings) -> None:
    settings.SECRET_KEY = "x1x2x3"

    (problem,) = secret_key_problems()

    assert "too short" in problem.msg
    assert "x1x2x3" not in str(problem)


@pytest.mark.parametrize(
    ("token", "rehearsing", "expected"),
    [
        ("", True, []),
        ("sandbox-desk", True, []),
        ("pit-real", False, []),
        ("pit-real", True, ["numbers_app.W001"]),
        ("sandbox-desk", False, ["numbers_app.E004"]),
    ],
)
def test_token_and_address_must_belong_together(
    settings: Settings, token: str, rehearsing: bool, expected: list[str]
) -> None:
    settings.LEADCONNECTOR_TOKEN, settings.SANDBOX = token, rehearsing

    problems = token_problems()

    assert [problem.id for problem in problems] == expected
    assert not any(token in str(problem) for problem in problems if token)
