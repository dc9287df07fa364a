"""A bidder finds the lot she wants to bid for."""

import pytest
from sqlalchemy import select

from app import clock, projects
from app.db import db, transaction
from app.projects import grams, search
from app.projects.models import Lot, LotGram
from tests.projects.conftest import TRADING

pytestmark = pytest.mark.both_databases


def found(app, text="", **filters):
    with app.app_context():
        return [lot.no for lot in search.search(text, **filters).lots]


def test_two_characters_of_a_name_are_enough(app, told):
    told("L1", name="梅溪湖二期市政道路工程")
    told("L2", name="岳麓山景区道路绿化工程")
    told("L3", name="洞庭湖水环境治理")
    assert found(app, "梅溪") == ["L1"]
    assert found(app, "道路") == ["L1", "L2"]
    assert found(app, "湖") == ["L1", "L3"]
    assert found(app, "路道") == []


def test_a_lot_is_found_by_its_projects_name_also_after_that_is_changed(app, told):
    told("L1", project="湘雅医院门诊楼")
    told("L2", project="湘雅医院门诊楼", name="幕墙")
    assert found(app, "湘雅医院") == ["L1", "L2"]
    told("L1", version=2, project={"project_no": "P-湘雅医院门诊楼", "name": "雅礼中学"})
    assert found(app, "湘雅") == []
    assert set(found(app, "雅礼")) == {"L1", "L2"}


def test_a_pair_of_characters_that_only_meet_between_two_names_finds_nothing(app, told):
    told("L1", name="道路工程", project="学院路改造")
    assert found(app, "程学") == []


def test_width_case_and_blanks_do_not_matter(app, told):
    told("L1", name="ＡＢ路（二期） 机电 安装")
    assert found(app, "ab路(二期)机电安装") == ["L1"]
    assert found(app, " AB路 ") == ["L1"]


def test_a_lot_is_found_by_the_beginning_of_its_number_or_its_projects(app, told):
    told("L1", lot_no="A4301-2026-0107-01", project="甲")
    second = {"project_no": "P-2", "name": "乙"}
    told("L2", lot_no="A4301-2026-0107-02", project=second)
    told("L3", lot_no="A4302-2026-0001-01", project=second)
    assert found(app, "A4301-2026-0107") == ["L1", "L2"]
    assert found(app, "A4301-2026-0107-02") == ["L2"]
    assert found(app, "P-2") == ["L2", "L3"]
    assert found(app, "L3") == ["L3"]


@pytest.mark.parametrize("text", ["%", "_", "%%", "\\", "'; --", "\0", "x" * 5000, "\U0010ffff"])
def test_strange_words_find_nothing_and_break_nothing(app, told, text):
    told("L1")
    assert found(app, text) == ([] if text != "\0" else ["L1"])


def test_region_and_category_narrow_the_search_and_a_county_belongs_to_its_prefecture(app, told):
    told("L1", region="430102")
    told("L2", region="430100", category="goods")
    told("L3", region="430000")
    assert found(app, region="430100") == ["L1", "L2"]
    assert found(app, region="430100", category="goods") == ["L2"]
    assert found(app, region="430000") == ["L3"]


def test_only_lots_still_open_for_bids_are_found_the_nearest_deadline_first(app, told):
    told("LATE", days=20)
    told("SOON", days=2)
    told("OVER", days=-1)
    told("HALTED", days=5)
    with app.app_context(), transaction():
        projects.apply_event("HALTED", event_id="E", kind="SUSPENDED", at=clock.now(), reason="质疑", by=TRADING)
    assert found(app) == ["SOON", "LATE"]


def test_pages_follow_each_other_without_gap_or_double(app, told):
    for number in range(7):
        told(f"L{number}", days=1 + number // 2)
    seen, cursor = [], ""
    with app.app_context():
        for _ in range(10):
            page = search.search(after=cursor, limit=2)
            seen += [lot.no for lot in page.lots]
            cursor = page.following
            if not cursor:
                break
    assert sorted(seen) == [f"L{number}" for number in range(7)]
    assert len(seen) == 7


@pytest.mark.parametrize("cursor", ["x", "1", "1.x", "-1.-1", "９.９", "9" * 40 + ".1", "1." + "9" * 40])
def test_an_unreadable_place_begins_at_the_front_or_ends(app, told, cursor):
    told("L1")
    assert found(app, after=cursor) in ([], ["L1"])


def test_a_changed_name_is_found_by_its_new_words_only(app, told):
    told("L1", name="旧名工程")
    told("L1", name="新名工程", version=2)
    assert (found(app, "旧名"), found(app, "新名")) == ([], ["L1"])
    with app.app_context():
        lot = db.session.scalars(select(Lot)).one()
        pairs = set(db.session.scalars(select(LotGram.gram).where(LotGram.lot_id == lot.id)))
    assert pairs == grams.of(lot.search_text)
