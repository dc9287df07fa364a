"""A played institution, as the platform meets it."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
import yaml

from app.partner import card
from app.protocol import documents, trial
from app.protocol.calls import A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A13, A14, A15
from app.protocol.client import Refused
from app.protocol.digests import sha256_hex, sm3_hex
from tests.partner.conftest import PRODUCT
from tests.sandbox.receiver import until
from tests.support.papers import pdf

PREMIUM = 240_000
EVIDENCE = [{"format": "PDF", "content": pdf(), "sm3": sm3_hex(pdf()), "sha256": sha256_hex(pdf())}]


@pytest.fixture
def client(platform, institution):
    return platform.client("BANK01")


@pytest.fixture
def tester(platform, institution):
    return platform.client("BANK01", env="test")


def code(act):
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def link_of(client, number, env="", minutes=30):
    until_then = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)
    asked = {"return_url": "http://127.0.0.1:9/back", "expires_at": until_then}
    return client.call(A3, asked, request_id=f"A3-{number}-{minutes}", env=env, order_no=number)


def told(platform, call, **about):
    def found():
        return [one for one in platform.messages if one.call == call and about.items() <= one.body.items()]

    return until(found, f"{call} for {about}")


def test_an_order_is_quoted_underwritten_paid_and_issued(platform, institution, client, order):
    body = order()
    number = body["order_no"]
    asked = {"lot_category": "works", "amount": 80_000_000} | {name: body[name] for name in ("valid_from", "valid_to")}
    assert client.call(A1, asked, request_id=f"A1-{number}")["premium"] == PREMIUM
    client.call(A2, body, request_id=f"A2-{number}")
    assert platform.wait(number, "B1")[0].body == {"order_no": number, "result": "PASS", "premium": PREMIUM}
    link = link_of(client, number)
    assert "¥2,400.00" in requests.get(link["url"], timeout=5).text
    paid = requests.post(link["url"], timeout=5, allow_redirects=False)
    assert (paid.status_code, paid.headers["Location"]) == (303, "http://127.0.0.1:9/back")
    assert requests.post(link["url"], timeout=5, allow_redirects=False).status_code == 303
    (issued,) = platform.wait(number, "B3")
    assert [one.call for one in platform.of(number)] == ["B1", "B2", "B3"]
    certificate = institution.script.file("partner.cert.pem").read_text()
    verdict = documents.verify(issued.body["file"]["content"], certificate=certificate, sm3=issued.body["file"]["sm3"])
    assert verdict.ok, verdict
    standing = client.call(A4, request_id=f"A4-{number}", order_no=number)
    assert (standing["pay_status"], standing["issue_status"]) == ("PAID", "ISSUED")
    assert standing["issuance"]["guarantee_no"] == issued.body["guarantee_no"]
    assert code(lambda: client.call(A5, {"reason": "TIMEOUT"}, request_id=f"A5-{number}", order_no=number)) == 3004


def test_after_opening_the_plain_guarantee_replaces_the_sealed_one(platform, client, order, institution):
    number = order()["order_no"]
    client.call(A2, order(), request_id=f"A2-{number}")
    platform.wait(number, "B1")
    requests.post(link_of(client, number)["url"], timeout=5, allow_redirects=False)
    (issued,) = platform.wait(number, "B3")
    entry = {
        "guarantee_no": issued.body["guarantee_no"], "opening_at": datetime.now(UTC),
        "lot": {"lot_no": "L1", "name": "第二标段"}, "project": {"project_no": "P1", "name": "道路工程"},
        "beneficiary": {"name": "湖南麓谷投资建设有限公司", "uscc": "91430100MA8LGT0785"},
    }  # fmt: skip
    client.call(A6, {"guarantees": [entry]}, request_id=f"A6-{number}")
    (plain,) = told(platform, "B4", guarantee_no=issued.body["guarantee_no"])
    assert plain.body["replaces_sm3"] == issued.body["file"]["sm3"]
    assert "第二标段".encode() in plain.body["file"]["content"]
    assert "第二标段".encode() not in issued.body["file"]["content"]


def test_the_script_may_decide_applications_of_the_business_too(platform, client, order):
    number = order()["order_no"]
    client.call(A2, order(), request_id=f"A2-{number}")
    platform.wait(number, "B1")
    requests.post(link_of(client, number)["url"], timeout=5, allow_redirects=False)
    no = platform.wait(number, "B3")[0].body["guarantee_no"]
    back = {"reason_code": "R01", "reason": "不再参加投标", "premium": PREMIUM, "refund_no": f"TB{number[2:]}"}
    client.call(A8, back, request_id=f"A8-{number}", guarantee_no=no)
    (decided,) = told(platform, "B6", refund_no=back["refund_no"])
    assert (decided.body["result"], decided.body["amount"], decided.env) == ("APPROVED", PREMIUM, "")


def test_the_script_refuses_and_the_interface_does(platform, client, order):
    number = order()["order_no"]
    client.call(A2, order(guarantee_amount=600_000_000), request_id=f"A2-{number}")
    assert platform.wait(number, "B1")[0].body["reject_code"] == "U03"
    assert code(lambda: link_of(client, number)) == 3002
    over = order(order_no=f"{number}x", guarantee_amount=900_000_000)
    assert code(lambda: client.call(A2, over, request_id="over")) == 3010
    short = order(order_no=f"{number}y", valid_to=order()["valid_from"] + timedelta(days=60))
    assert code(lambda: client.call(A2, short, request_id="short")) == 2004
    other = order(guarantee_amount=70_000_000)
    assert code(lambda: client.call(A2, other, request_id="other")) == 3003
    assert code(lambda: client.call(A4, request_id="none", order_no="NONE")) == 3001


def test_a_link_pays_once_and_not_after_its_time_or_after_closing(platform, client, order):
    number = order()["order_no"]
    client.call(A2, order(), request_id=f"A2-{number}")
    platform.wait(number, "B1")
    late = link_of(client, number, minutes=-1)
    assert "该订单不能再支付" in requests.post(late["url"], timeout=5).text
    client.call(A5, {"reason": "TIMEOUT"}, request_id=f"A5-{number}", order_no=number)
    assert code(lambda: link_of(client, number)) == 3002
    assert "该订单不能再支付" in requests.post(late["url"], timeout=5).text
    assert requests.get(late["url"] + "x", timeout=5).status_code == 404
    assert [one.call for one in platform.of(number)] == ["B1"]


def test_the_same_request_is_answered_the_same_and_a_replayed_one_not_at_all(client, order, institution):
    number = order()["order_no"]
    first = client.call(A2, order(), request_id=f"A2-{number}")
    assert client.call(A2, order(), request_id=f"A2-{number}") == first
    body = order(guarantee_amount=10_000_000)
    assert code(lambda: client.call(A2, body, request_id=f"A2-{number}")) == 3003


def test_a_stranger_and_a_changed_secret_are_refused(institution, platform, client):
    client.key = platform.client("BANK02").key
    assert code(lambda: client.call(A14, {"at": datetime.now(UTC)}, request_id="P1")) == 1004


def test_the_acceptance_tests_words_are_played(platform, tester, order):
    played = {}
    for word in ("PAID", "REJECTED", "CLOSED", "AGAIN", "REFUSED"):
        number = played[word] = trial.number(order()["order_no"], word)
        tester.call(A2, order(order_no=number), request_id=f"A2-{number}", env="test")
        (verdict,) = platform.wait(number, "B1")
        assert verdict.body["result"] == ("REJECT" if word == "REJECTED" else "PASS")
        if word != "REJECTED":
            link_of(tester, number, env="test")
    assert platform.wait(played["PAID"], "B3")[0].body["result"] == "ISSUED"
    assert platform.wait(played["REFUSED"], "B3")[0].body["result"] == "REFUSED"
    tester.call(A5, {"reason": "TIMEOUT"}, request_id="A5-T", env="test", order_no=played["CLOSED"])
    txn = platform.of(played["REFUSED"], "B2")[0].body["pay_txn_no"]
    back = {"pay_txn_no": txn, "amount": PREMIUM, "reason": "NOT_ISSUED"}
    assert (
        code(lambda: tester.call(A15, back | {"amount": 1}, request_id="A15-W", env="test", order_no=played["REFUSED"]))
        == 3005
    )
    tester.call(A15, back, request_id="A15-T", env="test", order_no=played["REFUSED"])
    assert platform.wait(played["REFUSED"], "B11")[0].body["amount"] == PREMIUM
    echo = trial.number(order()["order_no"], "PRODUCTS")
    tester.call(A14, {"at": datetime.now(UTC), "echo": echo}, request_id=echo, env="test")
    assert told(platform, "B10", status="OPEN")[-1].body["products"][0]["product_code"] == "BANK01-TB"
    today = (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
    mine = tester.call(A13, request_id="A13-T", env="test", date=today)["entries"]
    kinds = [one["kind"] for one in mine if one["order_no"] in (played["PAID"], played["REFUSED"])]
    assert sorted(kinds) == ["ISSUANCE", "PAYMENT", "PAYMENT", "REPAYMENT"]
    real = platform.client("BANK01").call(A13, request_id="A13-R", date=today)["entries"]
    assert [one for one in real if one["order_no"].startswith("TEST-")] == []


def test_applications_are_decided_as_their_numbers_say(platform, tester, order):
    number = trial.number(order()["order_no"], "PAID")
    tester.call(A2, order(order_no=number), request_id=f"A2-{number}", env="test")
    platform.wait(number, "B1")
    link_of(tester, number, env="test")
    guarantee = platform.wait(number, "B3")[0].body
    no = guarantee["guarantee_no"]

    def ask(call, body, **numbers):
        request_id = f"{call.id}-{datetime.now(UTC).timestamp()}"
        return tester.call(call, body, request_id=request_id, env="test", **numbers)

    def named(kind, word):
        return trial.number(order()["order_no"], kind, word)

    later = guarantee["valid_to"] + timedelta(days=30)
    ask(A7, {"extension_no": named("YQ", "APPROVE"), "reason": "开标延期", "valid_to": later}, guarantee_no=no)
    assert told(platform, "B5", extension_no=named("YQ", "APPROVE"))[0].body["valid_to"] == later
    ask(A9, {"cancellation_no": named("ZX", "REFUSE"), "reason": "已开标", "evidence": EVIDENCE}, guarantee_no=no)
    assert told(platform, "B7", cancellation_no=named("ZX", "REFUSE"))[0].body["reject_code"]
    claim = {
        "amount": 1_000_000, "reason": "撤销投标文件", "contact": "谢知行", "phone": "13900000008",
        "claimant": {"name": "长沙浏水城市发展集团有限公司", "uscc": "91430100MA8LXC0881"},
        "payee": {"name": "长沙浏水城市发展集团有限公司", "account": "6200000000000000000"}, "evidence": EVIDENCE,
        "claim_no": named("LP", "APPROVE"),
    }  # fmt: skip
    too_much = claim | {"claim_no": named("LP", "REFUSE"), "amount": guarantee["amount"] + 1}
    assert code(lambda: ask(A10, too_much, guarantee_no=no)) == 3009
    ask(A10, claim, guarantee_no=no)
    until(lambda: len(told(platform, "B9", claim_no=claim["claim_no"])) == 3, "three B9")
    steps = [one.body["result"] for one in told(platform, "B9", claim_no=claim["claim_no"])]
    assert steps == ["ACCEPTED", "APPROVED", "PAID"]
    bill = {
        "order_no": number, "kind": "VAT_NORMAL", "form": "ELECTRONIC", "amount": PREMIUM, "title": "测试企业",
        "tax_no": "91430100MA8XJY0188", "email": "a@b.cn", "invoice_no": named("FP", "APPROVE"),
    }  # fmt: skip
    ask(A11, bill)
    assert told(platform, "B8", invoice_no=bill["invoice_no"])[0].body["file"]["content"].startswith(b"%PDF")
    red = bill | {"type": "CREDIT_NOTE", "invoice_no": named("HC", "APPROVE"), "original_no": bill["invoice_no"]}
    assert code(lambda: ask(A11, red | {"original_no": named("FP", "NONE")})) == 3001
    assert code(lambda: ask(A11, red | {"amount": PREMIUM + 1})) == 3005
    ask(A11, red | {"amount": PREMIUM - 100})
    assert told(platform, "B8", invoice_no=red["invoice_no"])[0].body["result"] == "APPROVED"
    back = {"reason_code": "R01", "reason": "不再参加投标", "premium": PREMIUM, "refund_no": named("TB", "APPROVE")}
    assert code(lambda: ask(A8, back | {"premium": PREMIUM + 1}, guarantee_no=no)) == 3005
    ask(A8, back, guarantee_no=no)
    assert told(platform, "B6", refund_no=back["refund_no"])[0].body["amount"] == PREMIUM
    assert code(lambda: ask(A8, back | {"refund_no": named("T2", "APPROVE")}, guarantee_no=no)) == 3006


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"products": []}, "products"),
        ({"products": [PRODUCT | {"rate": "3%"}]}, "products.0.rate"),
        ({"listen": "9400"}, "listen"),
        ({"path": "bank"}, "path"),
        ({"delay": {"B1": "slow"}}, "delay"),
        ({"applications": "MAYBE"}, "applications"),
        ({"reject": {"over": 3}}, "reject.over"),
        ({"premium": "0.3%"}, "premium"),
        ({"private_key": "play.yaml"}, "play.yaml"),
    ],
)
def test_a_script_with_a_mistake_says_where(run, tmp_path, changed, named):
    who = {"platform": "http://127.0.0.1:9", "app_id": "X", "key": {"id": "K", "secret": "00" * 32}}
    card.save(tmp_path / "partner.yaml", who)
    (tmp_path / "play.yaml").write_text(yaml.safe_dump({"products": [PRODUCT]} | changed, allow_unicode=True))
    said = run("play", "play.yaml")
    assert (said.status, named in said.err) == (2, True)
