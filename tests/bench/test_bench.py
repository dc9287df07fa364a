"""The measuring command measures: its sections at a tiny scale, under the names others rely on.

`orders` starts the whole product and is left to `make bench`; tests/chaos and tests/browser drive the same processes.
"""

import json
import os
import subprocess
import sys

from app.settings import ROOT

STEPS = {"start_ms", "complete_ms", "message_ms", "timer_ms", "sql_per_step", "commits_per_step", "ratio_to_stock"}
KEYS = {
    "scale": {"step_ratio_100k_to_100_instances", "step_ratio_1000_to_1_iterations"},
    "timers": {"idle_sweep_100k_ms", "storm_10k_per_s"},
    "gateway": {"callback_p50_ms", "callback_p95_ms", "sm2_callback_p50_ms"},
    "lot_change": {"guarantees", "seconds", "ms_per_guarantee", "sql_per_guarantee"},
    "seal": {"seal_us", "unseal_us"},
    "rules": {"condition_us", "facts_us", "table_us", "table_ratio_to_stock", "compile_ms"},
}


def measured(**environment: str) -> dict[str, dict[str, object]]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench"],
        env={**os.environ, "SCALE": "0.001", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_every_section_measures_under_its_agreed_names():
    found = measured(ONLY="steps,scale,timers,rules,gateway,lot_change,seal")
    assert set(found) == {"date", "machine", "steps", *KEYS}
    assert set(found["steps"]) == {"sqlite", "postgresql", "scale"}
    for kind in ("sqlite", "postgresql"):
        figures = found["steps"][kind]
        assert set(figures) >= STEPS
        assert figures["commits_per_step"] == 1
    for section, names in KEYS.items():
        assert set(found[section]) >= names, section


def test_sections_can_be_chosen_and_an_unknown_one_is_named():
    assert set(measured(ONLY="rules")) == {"date", "machine", "rules"}
    refused = subprocess.run(
        [sys.executable, "-m", "tests.bench"],
        env={**os.environ, "ONLY": "speed"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "speed" in refused.stderr
