"""Real servers for the tests, on loopback and a free port: PostgreSQL, SMTP, and HTTP that records what it is sent."""

import email.policy
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from psycopg import sql

LOOPBACK = "127.0.0.1"
POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
# Speed over durability: the data is thrown away with the server.
POSTGRES_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB")
ACCEPTED = "250 OK"


def need(program: str, package: str) -> str:
    """The path of a program; without it the test is skipped with a word on what to install."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"本机没有 {program}，请先安装：apt install {package}")
    return found


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def postgres_folder() -> Path:
    """The folder of the newest PostgreSQL's programs, kept out of PATH by Debian; without any the test is skipped."""
    versions = [Path(path) for pattern in POSTGRES_FOLDERS for path in Path("/").glob(pattern.lstrip("/"))]
    if versions:
        return max(versions, key=lambda folder: [int(number) for number in re.findall(r"\d+", str(folder))])
    return Path(need("initdb", "postgresql")).resolve().parent


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL, without a database name, of a PostgreSQL server of our own that ends with the block.

    PostgreSQL refuses to run as root, so root hands it over to the account that the package made.
    """
    programs = postgres_folder()
    account: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="zhiqiang-postgres-"))
    if account:
        shutil.chown(folder, "postgres", "postgres")
    port = free_port()
    data = folder / "data"
    initdb = [f"{programs}/initdb", f"--pgdata={data}", "--username=postgres", "--auth=trust", "--no-sync"]
    initdb += ["--encoding=UTF8", "--locale=C"]
    server = [f"{programs}/postgres", "-D", str(data), "-h", LOOPBACK, "-p", str(port), "-k", str(folder)]
    server += [word for setting in POSTGRES_SETTINGS for word in ("-c", setting)]
    try:
        subprocess.run(initdb, check=True, cwd=folder, stdout=subprocess.DEVNULL, **account)
        with (folder / "log").open("wb") as log, subprocess.Popen(server, cwd=folder, stderr=log, **account) as process:
            try:
                _wait_for_postgres(process, port, folder / "log")
                yield f"postgresql+psycopg://postgres@{LOOPBACK}:{port}"
            finally:
                process.send_signal(signal.SIGINT)  # ends its sessions, then stops
                process.wait(30)
    finally:
        shutil.rmtree(folder)


def _wait_for_postgres(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(host=LOOPBACK, port=port, user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)


@contextmanager
def new_database(server: str, template: str = "template0") -> Iterator[str]:
    """The URL of a new database on the server, empty or a copy of the template's; it is dropped after the block."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(f"{server.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield f"{server}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass(frozen=True)
class Mail:
    """One accepted message: the addresses of its envelope and what it says."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        """The words of the message, plain text before HTML."""
        body = self.message.get_body(("plain", "html"))
        return str(body.get_content()) if body else ""


@dataclass
class Mailbox:
    """An SMTP server's memory: messages in order of arrival, and the replies that refuse certain recipients."""

    host: str
    port: int
    mails: list[Mail] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)

    def refuse(self, address: str, reply: str = "550 5.1.1 no such mailbox") -> None:
        """From now on the server answers RCPT for this address with the reply."""
        self.refusals[address] = reply

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self.refusals.get(address, ACCEPTED)
        if reply == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content)
        self.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
        return ACCEPTED


@contextmanager
def smtp_server() -> Iterator[Mailbox]:
    """The memory of an SMTP server that listens until the block ends."""
    mailbox = Mailbox(LOOPBACK, free_port())
    controller = Controller(mailbox, hostname=LOOPBACK, port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass(frozen=True)
class Request:
    """One request the sink was sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)


@dataclass
class Sink:
    """An HTTP server's memory: requests in order of arrival, and the status and JSON it answers each of them with."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    status: int = 200
    answer: Any = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})


@contextmanager
def http_sink() -> Iterator[Sink]:
    """The memory of an HTTP server that listens until the block ends and answers every POST as its memory says."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sink.requests.append(Request(self.path, dict(self.headers), body))
            answer = json.dumps(sink.answer).encode()
            self.send_response(sink.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Writes nothing: the requests are on record."""

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        sink.url = f"http://{LOOPBACK}:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()
