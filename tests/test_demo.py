"""`zhiqiang demo`: which folder it takes, and that a second run over the same folder changes nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.demo import claim
from cycle.canonical import digest
from models import Refused
from models.record import open_record


def test_an_empty_folder_and_one_of_the_same_demo_are_taken(tmp_path: Path) -> None:
    claim(tmp_path / "结果", 1)
    claim(tmp_path / "结果", 1)
    assert [path.name for path in (tmp_path / "结果").iterdir()] == [".zhiqiang-demo.json"]


def test_what_is_not_a_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "公文.docx").touch()
    with pytest.raises(Refused, match="已有其他内容"):
        claim(tmp_path, 1)
    with pytest.raises(Refused, match="是一个文件"):
        claim(tmp_path / "公文.docx", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["公文.docx"]


def test_a_demo_with_other_dice_is_left_alone(tmp_path: Path) -> None:
    claim(tmp_path / "结果", 1)
    with pytest.raises(Refused, match="种子为 1"):
        claim(tmp_path / "结果", 2)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from cli.main import main; main()", "demo", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ZHIQIANG", "PREFECT"))}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)


def test_a_second_run_over_the_same_folder_gives_the_same_record(tmp_path: Path) -> None:
    digests = []
    for _ in range(2):
        done = run("--out", str(tmp_path / "结果"), "--until", "2026-01-21")
        assert done.returncode == 0, done.stderr
        record = open_record(f"sqlite:///{tmp_path / '结果' / '程序资料' / 'zhiqiang.db'}")
        with record.reading() as session:
            digests.append(digest(session))
        record.close()
    assert digests[0] == digests[1]
    assert "用时" in done.stdout
    assert (tmp_path / "结果" / "index.html").exists()


def test_refusals_are_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "公文.docx").touch()
    for arguments in (("--out", str(tmp_path)), ("--out", str(tmp_path / "新"), "--until", "2025-12-31")):
        refused = run(*arguments)
        assert refused.returncode == 1
        assert len(refused.stderr.strip().splitlines()) == 1
