"""Prefect's settings as this program wants them. This module does not import prefect."""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from models.home import home

SETTINGS = {
    # Nothing leaves this machine. With analytics on, embedded runs also met "database is locked".
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    # Without an address of a server, Prefect starts one of its own; on a slow machine that takes more than its 20 s.
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # No result and no key is kept: what was done is on record, and a run that sends must never be taken for done.
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_TASKS_DEFAULT_NO_CACHE": "true",
    # By default each task event is a transaction of its own, and ten tasks take 2 s; in batches they take 0.2 s.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "0.5",
    # A killed run is noticed by its missing heartbeat, its slot is free again when its lease has run out.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_WORKER_QUERY_SECONDS": "2",
}
"""Set unless the environment already says otherwise."""


def settle() -> None:
    """Put the settings into the environment where they are not set, and the server of `zhiqiang up` if it runs."""
    prefect_home().mkdir(parents=True, exist_ok=True)  # Prefect would only warn where the folder above is missing
    os.environ.setdefault("PREFECT_HOME", str(prefect_home()))
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ and (url := running_server()):
        os.environ["PREFECT_API_URL"] = url


def prefect_home() -> Path:
    """Return the folder of Prefect's own database and logs."""
    return home() / "prefect"


def server_file() -> Path:
    """Return the file in which `zhiqiang up` leaves the address of its server while it runs."""
    return prefect_home() / "server.url"


def running_server() -> str | None:
    """Return the address of the server that `zhiqiang up` runs on this machine, None when it does not answer."""
    try:
        url = server_file().read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    place = urlsplit(url)
    try:
        socket.create_connection((place.hostname or "", place.port or 0), timeout=1).close()
    except OSError:
        return None
    return url
