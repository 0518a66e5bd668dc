"""Where the program keeps what it keeps: one folder, and one database."""

import os
from pathlib import Path

from platformdirs import user_data_path


def home() -> Path:
    """Return the folder of everything the program keeps: ZHIQIANG_HOME, or the platform's own place."""
    set_by_hand = os.environ.get("ZHIQIANG_HOME")
    return Path(set_by_hand).expanduser().resolve() if set_by_hand else user_data_path("zhiqiang", appauthor=False)


def database_url() -> str:
    """Return the URL of the record: ZHIQIANG_DATABASE_URL, or an SQLite file in the home folder."""
    return os.environ.get("ZHIQIANG_DATABASE_URL") or f"sqlite:///{home() / 'zhiqiang.db'}"


def evidence_folder() -> Path:
    """Return where evidence files are kept, each under its SHA-256."""
    return home() / "evidence"


def inbox_folder() -> Path:
    """Return where units' returned workbooks are put; accepted/ and refused/ stand inside it."""
    return home() / "inbox"


def outbox_folder() -> Path:
    """Return where the files for the units (workbooks to fill in, letters) are put."""
    return home() / "outbox"
