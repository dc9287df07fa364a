"""docs/interface.md is true: its numbers are computed, its tables compared, its commands run against the product."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.protocol import canonical, sm2
from app.protocol.calls import CALLS, INSTITUTION, PLATFORM
from app.protocol.canonical import Stamp
from app.protocol.codes import Code
from app.protocol.signing import Algorithm, Key
from app.settings import ROOT
from tests.support.ports import free_ports
from tests.support.product import Product

TEXT = (ROOT / "docs/interface.md").read_text()
ASKED = Stamp("BANK01", "BANK01-1", 1795399200000, "5f2c9a7be0d14c3698aa01", "B1-DD20261123000001", "HMAC-SM3")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{re.escape(language)}\n(.*?)\n```$", TEXT, re.DOTALL | re.MULTILINE)


def block(language: str) -> str:
    (found,) = blocks(language)
    return found


def test_the_example_of_a_request_is_signed_as_it_says() -> None:
    text = canonical.question("POST", "/openapi/v1/callbacks/underwriting", ASKED, block("body").encode())
    assert text.decode() == block("string")
    assert Key("K", Algorithm.HMAC_SM3, block("key")).sign(text) == block("sign")


def test_the_example_of_an_answer_is_signed_as_it_says() -> None:
    text = canonical.answer(200, replace(ASKED, timestamp=1795399200250), block("answer").encode())
    assert text.decode() == block("answer-string")
    assert Key("K", Algorithm.HMAC_SM3, block("key")).sign(text) == block("answer-sign")


def test_the_example_of_sm2_holds() -> None:
    public = sm2.read_public_key(block("sm2-public"))
    assert sm2.verify(public, block("string").encode(), block("sm2-sign"))


def test_every_call_stands_in_the_tables_with_its_path() -> None:
    told = dict(re.findall(r"^\| ([AB]\d+) \S+ \| (?:GET |POST )?(\S+) \|", TEXT, re.MULTILINE))
    assert told == {
        call.id: call.path for call in CALLS.values() if {call.asker, call.answerer} == {PLATFORM, INSTITUTION}
    }


def test_every_code_stands_in_the_table_with_its_status_and_words() -> None:
    told = {int(code): (int(status), text.strip()) for code, status, text in
            re.findall(r"\| (\d+) \| (\d{3}) \| ([^|]+) (?=\|)", TEXT)}  # fmt: skip
    assert told == {int(code): (code.status, code.text) for code in Code}


def test_a_reader_who_types_the_commands_sees_what_the_document_says(product: Product, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    here = {
        ".venv/bin/python": sys.executable,
        "var/demo.json": str(product.folder / "demo.json"),
        "http://127.0.0.1:8000": product.url,
        "127.0.0.1:9400": f"127.0.0.1:{port}",
    }

    def placed(text: str) -> str:
        for there, mine in here.items():
            text = text.replace(there, mine)
        return text

    (tmp_path / "play.yaml").write_text(placed(block("yaml")))
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    script = ["shopt -s expand_aliases", "exec 2>&1"]
    for number, line in enumerate(lines):
        script += [f"echo; echo @@{number}", placed(line)]
    ran = subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
    )  # fmt: skip
    printed = dict(re.findall(r"^@@(\d+)\n(.*?)(?=^@@|\Z)", ran.stdout, re.DOTALL | re.MULTILINE))
    wanted = {number: line.partition("  # ")[2].strip() for number, line in enumerate(lines) if "  # " in line}
    assert len(wanted) > 10
    missed = {
        lines[number]: printed[str(number)]
        for number, text in wanted.items()
        if placed(text) not in printed[str(number)]
    }
    assert missed == {}


@pytest.mark.parametrize("name", ["interface.md", "interface.en.md"])
def test_what_the_document_leads_to_is_there(name: str) -> None:
    text = (ROOT / "docs" / name).read_text()
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert link.startswith("http") or (ROOT / "docs" / link).exists(), link
