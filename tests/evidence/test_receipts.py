"""回执: who sent something can prove when, to anybody, and it tells nobody who bids."""

import json
import re
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from app import clock
from app.audit import chain
from app.evidence import checkpoints
from app.protocol.digests import sm3_hex
from tests.audit.trail import attack
from tests.orders.scene import XIANGJIAN, YANCHI, Scene
from tests.support.people import login_as

HIDDEN = ("湘建一川", "梅溪湖", "LOT-1", "A4301-2026", "91430100", "600000")


@pytest.fixture(autouse=True)
def unhurried(stage: Scene) -> None:
    stage.app.config["VERIFY_PER_ADDRESS"] = 1000


def links(scene: Scene, page: str, who: Any = XIANGJIAN) -> list[str]:
    """Addresses of the receipts on a timeline."""
    return re.findall(r'href="(/receipts/[^"/]+/\d+)"', scene.client(who).get(page).text)


def sealed(scene: Scene) -> None:
    with scene.app.app_context():
        chain.seal()


def code_of(page: str) -> str:
    """Where the QR code leads: the page tells it as a link, too."""
    found = re.search(r'href="(http[^"]+/receipts/verify\?r=[^"]+)"', page)
    assert found
    return found[1]


def inside_of(address: str) -> str:
    """What the code says, a line an item."""
    packed = parse_qs(urlsplit(address).query)["r"][0].partition(".")[0]
    return urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()


def asked(client: FlaskClient, address: str) -> str:
    url = urlsplit(address)
    return client.get(f"{url.path}?{url.query}").text


def file_of(scene: Scene, link: str, who: Any = XIANGJIAN) -> dict[str, Any]:
    found: dict[str, Any] = scene.client(who).get(f"{link}/file").json
    return found


def test_every_step_of_the_applicants_has_a_receipt_and_no_other(scene: Scene) -> None:
    no = scene.apply()
    assert links(scene, f"/orders/{no}") == [f"/receipts/{no}/1"]
    scene.passes(no)
    scene.paid(no)
    scene.issues(no)
    steps = [file_of(scene, link)["step"] for link in links(scene, f"/orders/{no}")]
    assert steps == ["提交保函申请", "收到支付结果"]
    given_up = scene.apply(who=YANCHI)
    scene.passes(given_up, 190_000)
    scene.consent(given_up, "yes", who=YANCHI)
    scene.abandon(given_up, who=YANCHI)
    steps = [file_of(scene, link, YANCHI)["step"] for link in links(scene, f"/orders/{given_up}", YANCHI)]
    assert steps == ["提交保函申请", "确认新的保费", "放弃申请"]


def test_filed_before_the_opening(scene: Scene) -> None:
    filed = clock.now()
    no = scene.apply()
    sealed(scene)
    page = scene.client().get(f"/receipts/{no}/1").text
    assert f"平台于 {clock.local(filed):%Y-%m-%d %H:%M}" in page
    assert "收到：提交保函申请" in page
    for shown in ("开标时间", "投标截止", "梅溪湖二期", "第 "):
        assert shown in page
    said = file_of(scene, f"/receipts/{no}/1")
    assert said["at"] < said["bid_deadline"] < said["opening_at"]
    assert said["lot_no"] == "A4301-2026-LOT-1"


def test_anybody_verifies_it_and_learns_no_bidder_and_no_lot(scene: Scene) -> None:
    no = scene.apply()
    sealed(scene)
    address = code_of(scene.client().get(f"/receipts/{no}/1").text)
    token = parse_qs(urlsplit(address).query)["r"][0]
    inside = inside_of(address)
    stranger = scene.app.test_client()
    page = asked(stranger, address)
    assert "签名有效，与平台的审计日志一致" in page
    assert no in page
    for words in (inside, page):
        assert [word for word in HIDDEN if word in words] == []
    for pasted in (token, address, json.dumps(file_of(scene, f"/receipts/{no}/1"))):
        assert "签名有效" in stranger.post("/receipts/verify", data={"receipt": pasted}).text


def test_a_receipt_that_was_changed_or_made_up_is_none(scene: Scene) -> None:
    no = scene.apply()
    address = code_of(scene.client().get(f"/receipts/{no}/1").text)
    head, _, token = address.partition("r=")
    packed, _, signature = token.partition(".")
    stranger = scene.app.test_client()
    for made_up in (
        "x",
        ".",
        f"{packed[:-4]}AAAA.{signature}",
        f"{packed}.{'A' * len(signature)}",
        "é.é",
        f"{packed}.",
    ):
        answer = stranger.post("/receipts/verify", data={"receipt": made_up})
        assert answer.status_code == 404
        assert "这份回执没有通过验证" in answer.text
    assert stranger.post("/receipts/verify", data={"receipt": " "}).status_code == 422
    assert "签名有效" in asked(stranger, f"{head}r={token}")


def test_where_the_trail_says_otherwise_now_the_receipt_shows_it(scene: Scene) -> None:
    no = scene.apply()
    sealed(scene)
    address = code_of(scene.client().get(f"/receipts/{no}/1").text)
    with scene.app.app_context():
        attack("UPDATE audit_line SET at = '2026-01-01 00:00:00.000000+00:00' WHERE subject = :no", no=no)
    assert "审计日志中没有与之相符的记录" in asked(scene.app.test_client(), address)


def test_only_its_owner_gets_it(scene: Scene) -> None:
    no = scene.apply()
    for client in (scene.client(YANCHI), scene.app.test_client()):
        for part in ("", "/file"):
            assert client.get(f"/receipts/{no}/1{part}").status_code in (302, 404)
    for role in ("operator", "auditor", "institution_reviewer", "tenderer"):
        client = scene.app.test_client()
        login_as(client, role)
        assert client.get(f"/receipts/{no}/1").status_code in (403, 404)
    assert scene.client().get(f"/receipts/{no}/2").status_code == 404
    assert scene.client().get("/receipts/NONE/1").status_code == 404


def test_the_file_holds_what_was_sent_word_for_word(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no, txn="T-77")
    scene.issues(no)
    said = file_of(scene, f"/receipts/{no}/1")
    assert sm3_hex(said["sent"].encode()) == said["digest"]
    told = json.loads(said["sent"])
    assert told["secret"]["handler"] == XIANGJIAN["handler"]
    assert told["secret"]["amount"] == 60_000_000
    payment = next(one for one in links(scene, f"/orders/{no}") if not one.endswith("/1"))
    paid = file_of(scene, payment)
    assert json.loads(paid["sent"])["payload"]["txn_no"] == "T-77"
    assert sm3_hex(paid["sent"].encode()) == paid["digest"]
    assert "下载回执文件" in scene.audit(f"desk:{no}"), "it holds personal data: who took it is written"


def test_the_same_content_has_another_digest_elsewhere(scene: Scene) -> None:
    """Nobody finds out by trying what lies behind a digest."""
    first, second = scene.apply(), scene.apply(who=YANCHI)
    scene.abandon(first)
    scene.abandon(second, who=YANCHI)
    digests = {
        file_of(scene, links(scene, f"/orders/{no}", who)[-1], who)["digest"]
        for no, who in ((first, XIANGJIAN), (second, YANCHI))
    }
    assert len(digests) == 2


def test_receipts_outlive_their_key(scene: Scene, tmp_path: Any) -> None:
    no = scene.apply()
    old = code_of(scene.client().get(f"/receipts/{no}/1").text)
    new = {
        "key_id": "PLATFORM-9",
        "private_key": "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8",
        "public_key": "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
    }
    (tmp_path / "key.json").write_text(json.dumps(new))
    scene.app.config["PLATFORM_SM2_KEY_FILE"] = str(tmp_path / "key.json")
    renewed = code_of(scene.client().get(f"/receipts/{no}/1").text)
    stranger = scene.app.test_client()
    assert "签名有效" in asked(stranger, old)
    assert "PLATFORM-9" in asked(stranger, renewed)
    published = stranger.get("/receipts/keys.json").json
    assert [one["key_id"] for one in published["keys"]][1:] == [inside_of(old).split("\n")[1]]


def test_trying_tokens_out_is_limited(scene: Scene) -> None:
    scene.app.config["VERIFY_PER_ADDRESS"] = 0
    assert scene.app.test_client().get("/receipts/verify?r=x.y").status_code == 429


def test_an_auditor_sees_the_checkpoints_against_what_stands_there(scene: Scene) -> None:
    scene.apply()
    with scene.app.app_context():
        checkpoints.make("2026-12-01")
    client = scene.app.test_client()
    login_as(client, "auditor")
    page = client.get("/work/evidence/").text
    assert "列出的检查点签名有效，与现在的审计日志一致" in page
    assert "2026-12-01" in page
    assert client.get("/work/evidence/checkpoints/1").json["type"] == "baohan-checkpoint"
    assert client.get("/work/evidence/checkpoints/2").status_code == 404
    with scene.app.app_context():
        attack("UPDATE audit_line SET chain_hash = mark WHERE chain_no = (SELECT no FROM audit_checkpoint)")
    assert "有检查点与现在的审计日志不符" in client.get("/work/evidence/").text
    with scene.app.app_context():
        attack("UPDATE audit_head SET no = no - 1")
    assert "链首记录不是平台写入的" in client.get("/work/evidence/").text


def test_an_auditor_who_comes_before_the_first_night_reads_why_the_page_is_empty(stage: Scene) -> None:
    client = stage.app.test_client()
    login_as(client, "operator")
    assert "还没有检查点" in client.get("/work/evidence/").text
