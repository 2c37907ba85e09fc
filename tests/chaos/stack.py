"""The whole desk as processes of the suite's own: PostgreSQL, Redis, the sandbox, and what the Procfile says."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import redis
import requests
from honcho.environ import parse_procfile

from numbers_app.leadconnector.sandbox import Ledger
from tests.chaos.needs import OFF_SECONDS, clock_off_by, find_postgres, find_redis
from tests.chaos.processes import BASE_DIR, Process, free_ports
from tests.waiting import wait_until

WORKERS = 4
BEATS = 2
LOCATIONS = 30
START_SECONDS = 90
SANDBOX_OPTIONS = {
    "--fault-rate": 0.2,
    "--after-share": 0.5,
    "--taken-rate": 0.18,
    "--list-fault-rate": 0.2,
    "--list-lag": 3,  # two looks in a row must not see more than one
    "--hang": 4,  # a little more than the desk's HTTP timeout
    "--latency": 0.08,
    "--locations": LOCATIONS,
}


class Stack:
    """Started by `start`, ended by `end`. Makes the environment of the run, which its own Django wants as well."""

    def __init__(self, folder: Path, *, seed: int, clock_off: int = OFF_SECONDS) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.postgres_port, self.redis_port, self.web_port, self.sandbox_port = free_ports(4)
        self.address = f"http://127.0.0.1:{self.web_port}"
        self.environment = self.make_environment()
        self.clock = clock_off_by(clock_off) if clock_off else {}
        self.postgres = self.make_postgres()
        self.redis = self.make_redis()
        self.sandbox = self.make_sandbox(seed)
        commands = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
        self.web = self.make("web", commands["web"])
        self.workers = [self.make(f"worker-{n}", commands["worker"]) for n in range(1, WORKERS + 1)]
        self.workers[-1].environment |= self.clock
        # Each beat has a schedule of its own, as on two machines.
        self.beats = [
            self.make(f"beat-{n}", f"{commands['beat']} --schedule {shlex.quote(str(folder / f'schedule-{n}'))}")
            for n in range(1, BEATS + 1)
        ]

    @property
    def desk(self) -> list[Process]:
        return [self.web, *self.workers, *self.beats]

    @property
    def everything(self) -> list[Process]:
        return [*self.desk, self.sandbox, self.redis, self.postgres]

    @property
    def ledger(self) -> Ledger:
        """The sandbox's own books, which are the truth."""
        return Ledger(self.folder / "sandbox.sqlite3")

    def make_environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "TZ") if name in os.environ}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "SECRET_KEY": "only-for-chaos-" + "x" * 40,
            "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "LEADCONNECTOR_TOKEN": "",
            "LEADCONNECTOR_BASE_URL": "",
            "LEADCONNECTOR_COMPANY_ID": "",
            "VAR_DIR": str(self.folder / "var"),
            "PORT": str(self.web_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "DATABASE_URL": f"postgres://postgres@127.0.0.1:{self.postgres_port}/postgres",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
        }

    def make(self, name: str, command: str) -> Process:
        """A process of the Procfile; its line is the shell's."""
        shell = ["sh", "-c", command]
        return Process(name, shell, log=self.logs / f"{name}.log", environment=dict(self.environment))

    def make_sandbox(self, seed: int) -> Process:
        options = {
            "--port": self.sandbox_port,
            "--state": self.folder / "sandbox.sqlite3",
            "--seed": seed,
            **SANDBOX_OPTIONS,
        }
        words = [str(word) for pair in options.items() for word in pair]
        return self.make("sandbox", shlex.join(["exec", "python", "manage.py", "sandbox", *words]))

    def make_redis(self) -> Process:
        options = {"bind": "127.0.0.1", "port": self.redis_port, "save": "", "appendonly": "no", "dir": self.folder}
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        log = self.logs / "redis.log"
        return Process("redis", [str(find_redis()), *words], log=log, environment=self.environment)

    def make_postgres(self) -> Process:
        home = self.folder / "postgres"
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": home,
            "max_connections": 200,
            "fsync": "off",  # the power stays on: what a killed server has written survives in the kernel
            "full_page_writes": "off",
            "log_min_messages": "fatal",
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [f"{find_postgres()}/postgres", "-D", str(home), "-p", str(self.postgres_port), *words]
        return Process(
            "postgres",
            command,
            log=self.logs / "postgres.log",
            environment={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            user="postgres" if os.getuid() == 0 else None,  # PostgreSQL refuses to run as root
            last_signal=signal.SIGQUIT,  # its word for: at once
        )

    def start(self) -> None:
        """Services first, then the books, then the desk."""
        self.init_postgres()
        self.postgres.start()
        self.redis.start()
        self.sandbox.start()
        wait_until(self.postgres_answers, what="PostgreSQL answers", seconds=START_SECONDS)
        wait_until(self.redis_answers, what="Redis answers", seconds=START_SECONDS)
        self.manage("migrate", "--verbosity=0")
        for process in self.desk:
            process.start()
        wait_until(self.web_answers, what="the web process answers", seconds=START_SECONDS)
        wait_until(self.sandbox_answers, what="the sandbox answers", seconds=START_SECONDS)

    def init_postgres(self) -> None:
        home = self.folder / "postgres"
        home.mkdir()
        user = self.postgres.user
        if user:
            owner = pwd.getpwnam(user)
            os.chown(home, owner.pw_uid, owner.pw_gid)
        command = [f"{find_postgres()}/initdb", "-D", str(home), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        with self.postgres.log.open("wb") as log:
            subprocess.run(
                [*command, "--locale=C.UTF-8", "--no-sync"],
                cwd="/",
                env=self.postgres.environment,
                stdout=log,
                stderr=log,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                check=True,
            )

    def manage(self, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=BASE_DIR, env=self.environment, check=True)

    def connect(self) -> psycopg.Connection:
        """A connection beside the desk's."""
        url = self.environment["DATABASE_URL"]
        return psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="chaos")

    def postgres_answers(self) -> bool:
        try:
            with self.connect():
                return True
        except psycopg.OperationalError:
            return False

    def redis_answers(self) -> bool:
        try:
            with redis.Redis(port=self.redis_port, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.exceptions.RedisError:
            return False

    def web_answers(self) -> bool:
        return answers(f"{self.address}/admin/login/")

    def sandbox_answers(self) -> bool:
        return answers(f"http://127.0.0.1:{self.sandbox_port}/")

    def restart_postgres(self) -> None:
        """As ``pg_ctl restart -m immediate``: no goodbye, and a recovery from the log."""
        self.postgres.end(signal.SIGQUIT)
        self.postgres.start()
        wait_until(self.postgres_answers, what="PostgreSQL answers again", seconds=START_SECONDS)

    def mend(self) -> list[str]:
        """Start what is not running; the names of those."""
        ended = [process for process in self.everything if not process.alive]
        for process in ended:
            process.start()
        return [process.name for process in ended]

    def end(self) -> None:
        """The desk as it is stopped in life, and then what it worked with."""
        for process in self.desk:
            if process.alive and not process.stopped:
                process.popen.send_signal(signal.SIGTERM)
        for process in self.everything:
            process.end(signal.SIGQUIT if process is self.postgres else signal.SIGTERM)

    def clean_up(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False
