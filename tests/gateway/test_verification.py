"""C3 and C4: who is guaranteed, and whether a guarantee is real."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.protocol import signing
from app.protocol.calls import C2, C3
from app.protocol.canonical import Stamp
from tests.gateway import placed


@pytest.fixture
def issued(app, lot):
    with app.app_context():
        placed.order("DD1", lot)
        placed.guarantee("BH1", "DD1", lot)
        placed.order("DD2", lot, institution="INS01", bidder=2, bidder_name="湖南砚池路桥工程有限公司")
    return lot


@pytest.fixture
def opened(issued, trading, lot_values):
    with time_machine.travel(lot_values["opening_at"] + timedelta(minutes=1)):
        event = {"event_id": "E1", "event": "OPENED", "at": lot_values["opening_at"]}
        assert trading.say(C2, event, lot_id=issued).code == 0
        yield issued


def verify(client, **asked):
    return client.get("/openapi/v1/guarantees/verify", query_string=asked)


def test_a_lots_guarantees_are_listed_once_it_is_opened(trading, opened):
    answer = trading.say(C3, lot_id=opened)
    (entry,) = answer.data["guarantees"]
    assert (entry["guarantee_no"], entry["bidder"]["name"], entry["amount"], entry["status"]) == (
        "BH1",
        "湘建一川建设集团有限公司",
        "600000.00",
        "in_force",
    )
    assert entry["institution_name"] == "云麓商业银行股份有限公司"


def test_before_opening_not_even_a_count_is_told(trading, issued):
    answer = trading.say(C3, lot_id=issued)
    assert (answer.status, answer.code, answer.data) == (403, 4003, {})


def test_before_opening_a_guarantee_only_exists(client, issued):
    said = verify(client, guarantee_no="BH1", verify_code="V-BH1").json["data"]
    assert said == {"exists": True, "status": "in_force", "status_text": "生效中", "opened": False}


def test_after_opening_everything_about_it_is_shown(client, opened):
    said = verify(client, guarantee_no="BH1", verify_code="V-BH1").json["data"]
    assert (said["bidder_name"], said["beneficiary_name"], said["amount"]) == (
        "湘建一川建设集团有限公司",
        "湖南麓谷投资建设有限公司",
        "600000.00",
    )


@pytest.mark.parametrize(("number", "code"), [("BH1", "V-XXX"), ("BH404", "V-BH1"), ("DD1", "V-BH1")])
def test_a_wrong_number_or_code_finds_nothing(client, opened, number, code):
    assert verify(client, guarantee_no=number, verify_code=code).json["data"] == {"exists": False}


def test_a_question_without_its_code_is_refused_naming_it(client, demo):
    answer = verify(client, guarantee_no="BH1")
    assert (answer.status_code, answer.json["code"], list(answer.json["data"]["fields"])) == (
        400,
        2001,
        ["verify_code"],
    )


def test_the_answer_is_signed_by_the_platform(client, issued, platform):
    answer = verify(client, guarantee_no="BH1", verify_code="V-BH1")
    assert answer.headers["X-Key-Id"] == platform.id
    text = signing.canonical.answer(200, _stamp(answer), answer.data)
    assert platform.verifies(text, answer.headers["X-Sign"])


def test_codes_cannot_be_tried_out(client, issued):
    with time_machine.travel(clock.now(), tick=False):
        answers = [verify(client, guarantee_no="BH1", verify_code=f"V{number}").status_code for number in range(7)]
    assert answers == [200] * 5 + [429] * 2


def _stamp(answer):
    said = answer.headers
    return Stamp(
        said["X-App-Id"], said["X-Key-Id"], int(said["X-Timestamp"]), said["X-Nonce"], said["X-Request-Id"],
        said["X-Sign-Alg"],
    )  # fmt: skip
