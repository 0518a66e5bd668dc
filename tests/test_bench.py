"""The benchmark harness: ratios of one run, facts beside them, and a word when a name is wrong."""

import json
import sys
import time
from types import ModuleType

import pytest

from bench import run
from bench.run import Comparison


def test_ratio_is_of_medians_of_the_same_run() -> None:
    found = run.compare(lambda: time.sleep(0.02), lambda: time.sleep(0.01), aim=3, rounds=3)
    assert 1.2 < found.ratio < 3


def test_result_is_json_with_environment(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    module = ModuleType("bench.sweep")
    monkeypatch.setattr(module, "run", lambda: {"sweep": Comparison(3, 2, aim=2), "rows": 100_000}, raising=False)
    monkeypatch.setitem(sys.modules, "bench.sweep", module)
    monkeypatch.setattr(run, "names", lambda: ["sweep"])
    run.main([])
    written = json.loads(capsys.readouterr().out)
    sweep = {"ours": 3, "bare": 2, "aim": 2, "ratio": 1.5, "reached": True}
    assert written["results"] == {"sweep": {"sweep": sweep, "rows": 100_000}}
    assert {"python", "processor", "cores", "packages"} <= written["environment"].keys()


def test_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run.main(["nothing"])
    assert "没有这样的对比：nothing" in capsys.readouterr().err
