"""A small application with the frame and the public pages, and one page that shows every part."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Blueprint, Flask, flash, g, redirect, render_template, request, url_for
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader

import app as package
from app import clock, portal, web
from app.portal import sources

HERE = Path(__file__).parent


@dataclass
class Person:
    name: str
    roles: tuple[str, ...]
    role: str
    kind: str = "entity"


BIDDER = Person("湖南省湘江新区建设工程有限公司", ("bidder", "tenderer", "tender_agent"), "bidder")
OFFER = sources.Offer("投标保证保险", "0.30%", 30000, 80000000)
INSTITUTIONS = (
    sources.Institution("I1", "世一保险集团有限责任公司", "insurer", "财产保险公司。", "0731-00000000", (OFFER,)),
    sources.Institution("B1", "湘江银行股份有限公司", "bank", "", "", (OFFER, OFFER)),
)
PRODUCTS = (
    sources.Product("bank", "银行投标保函", "由银行开具的独立保函。", 1),
    sources.Product("insurance", "投标保证保险", "由保险公司承保。", 1),
    sources.Product("guarantor", "担保公司投标保函", "由担保公司开具。", 0),
)
FIGURES = sources.Figures(
    (sources.Figure("服务标段", "1,204", "个"), sources.Figure("担保金额", "12.6", "亿元")),
    (("6月", 96), ("7月", 120), ("8月", 141), ("9月", 88)),
    "截至上月末",
)


def small_app(user: Person | None = None) -> Flask:
    flask = Flask("app", root_path=str(Path(package.__file__).parent))
    flask.config.update(SECRET_KEY="x" * 40, TESTING=True, WTF_CSRF_ENABLED=False)
    CSRFProtect(flask)
    flask.jinja_loader = ChoiceLoader([FileSystemLoader(flask.root_path + "/templates"), FileSystemLoader(HERE)])
    flask.before_request(lambda: setattr(g, "user", user))
    web.init(flask)
    portal.init(flask)
    flask.register_blueprint(_stand_ins())
    for name in ("orders", "guarantees", "complaints", "institutions", "accounts", "notices", "desk"):
        flask.register_blueprint(_feature(name))
    return flask


def _feature(name: str) -> Blueprint:
    """Pages other features bring, so that the menus have somewhere to lead."""
    endpoints = {
        "orders": ("index", "apply"),
        "guarantees": ("index", "verify"),
        "complaints": ("new", "mine"),
        "institutions": ("entry",),
        "accounts": ("login", "register", "profile", "role", "logout"),
        "notices": ("index",),
        "desk": ("index",),
    }[name]
    bp = Blueprint(name, __name__, url_prefix=f"/{name}")
    for endpoint in endpoints:
        bp.add_url_rule(
            f"/{endpoint}", endpoint, lambda: render_template("parts.html", **_parts()), methods=["GET", "POST"]
        )
    return bp


def _stand_ins() -> Blueprint:
    bp = Blueprint("show", __name__)

    @bp.get("/show/parts")
    def parts() -> str:
        flash("角色切换成功")
        return render_template("parts.html", **_parts())

    @bp.route("/show/ask", methods=["GET", "POST"])
    def ask() -> object:
        if request.method == "POST":
            flash("取消成功")
            return redirect(url_for("show.parts"))
        return render_template("ask.html")

    return bp


def _parts() -> dict[str, object]:
    now = clock.now()
    return {
        "now": now,
        "soon": now + timedelta(minutes=12, seconds=30),
        "later": now + timedelta(days=2, hours=3),
        "gone": now - timedelta(hours=2),
    }


@pytest.fixture
def visitor():
    flask = small_app()
    sources.join(flask, products=lambda r: PRODUCTS, institutions=lambda r: INSTITUTIONS, figures=lambda r: FIGURES)
    return flask.test_client()


@pytest.fixture
def bidder():
    return small_app(BIDDER).test_client()
