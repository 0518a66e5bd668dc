"""Golden files: what an official receives, word for word, kept beside the tests.

A wanted change is written with `ZHIQIANG_WRITE_GOLDEN=1 pytest` and read in the diff before it is committed.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def expect_golden(name: str, text: str) -> None:
    """Fail unless `text` is what the golden file says."""
    path = FOLDER / name
    if os.environ.get("ZHIQIANG_WRITE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
