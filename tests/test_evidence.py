"""Evidence: found beside the workbook under the name in the cell, kept once under its hash, never half written."""

import hashlib
import os
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from cycle.evidence import enter, find, keep, measure, stored_at
from models import Evidence, Refused
from models.record import open_record

LEDGER = "一季度台账".encode()
SHA = hashlib.sha256(LEDGER).hexdigest()


@pytest.fixture
def workbook(tmp_path: Path, home: Path) -> Path:
    """A workbook with a folder of its own and the shared folder beside it."""
    for folder, name in (
        ("市监局", "台账 终稿.pdf"),
        ("市监局", "１号通知.doc"),
        ("佐证", "照片.jpg"),
        ("佐证", "台账 终稿.pdf"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(folder)
    return tmp_path / "市监局.xlsx"


@pytest.mark.parametrize(
    ("book", "name", "found"),
    [
        ("市监局.xlsx", "台账 终稿.pdf", "市监局/台账 终稿.pdf"),
        ("市监局.xlsx", "照片.jpg", "佐证/照片.jpg"),
        ("市监局.xlsx", "台账终稿.PDF", "市监局/台账 终稿.pdf"),
        ("市监局.xlsx", "1号通知.doc", "市监局/１号通知.doc"),
        ("市监局（退回）.xlsx", "1号通知.doc", "市监局/１号通知.doc"),
        ("农业局.xlsx", "台账 终稿.pdf", "佐证/台账 终稿.pdf"),
    ],
)
def test_evidence_is_found_beside_the_workbook(workbook: Path, book: str, name: str, found: str) -> None:
    assert find(workbook.with_name(book), name) == workbook.parent / found


@pytest.mark.parametrize("name", ["../市监局.xlsx", "佐证/照片.jpg", "..", "\\\\server\\台账.pdf", "/etc/passwd"])
def test_a_name_does_not_lead_out_of_the_folder(workbook: Path, name: str) -> None:
    with pytest.raises(Refused, match="不是文件名"):
        find(workbook, name)


def test_a_link_is_no_evidence(workbook: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "佐证" / "链接.pdf").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused, match=r"没有找到佐证文件“链接\.pdf”"):
        find(workbook, "链接.pdf")


def test_what_is_missing_is_named_with_the_folders_it_may_lie_in(workbook: Path) -> None:
    with pytest.raises(Refused, match=r"没有找到佐证文件“报告\.pdf”。请把它放进工作簿旁边的文件夹“市监局”或“佐证”"):
        find(workbook, "报告.pdf")
    with pytest.raises(Refused, match="超过 200 个字"):
        find(workbook, "长" * 201)


def test_the_same_content_is_kept_once(tmp_path: Path, home: Path) -> None:
    for name in ("甲.pdf", "乙.pdf"):
        (tmp_path / name).write_bytes(LEDGER)
    assert [keep(tmp_path / name) for name in ("甲.pdf", "乙.pdf")] == [("甲.pdf", SHA, 15), ("乙.pdf", SHA, 15)]
    assert stored_at(SHA) == home / "evidence" / SHA[:2] / SHA
    assert stored_at(SHA).read_bytes() == LEDGER
    assert [p.name for p in (home / "evidence").rglob("*") if p.is_file()] == [SHA]


def test_measuring_keeps_nothing(tmp_path: Path, home: Path) -> None:
    (tmp_path / "台账.pdf").write_bytes(LEDGER)
    assert measure(tmp_path / "台账.pdf") == keep(tmp_path / "台账.pdf")
    stored_at(SHA).unlink()
    measure(tmp_path / "台账.pdf")
    assert not stored_at(SHA).exists()


def test_a_crash_leaves_no_half_file_under_the_hash(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "台账.pdf").write_bytes(LEDGER)

    def crash(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", crash)
        with pytest.raises(KeyboardInterrupt):
            keep(tmp_path / "台账.pdf")
    assert not stored_at(SHA).exists()
    assert keep(tmp_path / "台账.pdf").sha256 == SHA


def test_evidence_is_on_record_once(database_url: str, home: Path, tmp_path: Path) -> None:
    (tmp_path / "台账.pdf").write_bytes(LEDGER)
    exhibit = keep(tmp_path / "台账.pdf")
    record = open_record(database_url)
    for _ in range(2):
        with record.writing() as session:
            enter(session, exhibit, today=date(2026, 4, 1))
    with record.reading() as session:
        assert [(e.sha256, e.size) for e in session.exec(select(Evidence))] == [(SHA, 15)]
    record.close()
