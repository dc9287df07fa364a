"""Pages that show every part and every script at work, for the tests and for looking at."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, g, jsonify, make_response, redirect, render_template, request, url_for

from app import clock, formjs
from app.errors import BadInput

MUST = {"validate": {"required": True}}
FORM = {
    "type": "default",
    "id": "show",
    "components": [
        {"type": "text", "text": "请**如实**填写。带 * 的为必填项。"},
        {"type": "textfield", "key": "name", "label": "金融机构名称", "validate": {"required": True, "maxLength": 40},
         "properties": {"placeholder": "请输入金融机构名称 (或简称)"}},
        {"type": "textfield", "key": "uscc", "label": "统一社会信用代码", "properties": {"format": "uscc"}, **MUST},
        {"type": "select", "key": "kind", "label": "机构类型", **MUST,
         "values": [{"label": "银行", "value": "bank"}, {"label": "保险公司", "value": "insurer"}]},
        {"type": "number", "key": "amount", "label": "索赔金额（元）", "properties": {"money": "yuan"},
         "validate": {"required": True, "min": 1}},
        {"type": "radio", "key": "invoice", "label": "发票种类", **MUST,
         "values": [{"label": "增值税普通发票", "value": "n"}, {"label": "增值税专用发票", "value": "s"}]},
        {"type": "group", "label": "专票信息", "conditional": {"hide": '=invoice != "s"'}, "components": [
            {"type": "textfield", "key": "bank", "label": "开户行", **MUST},
            {"type": "textfield", "key": "account", "label": "账号", **MUST}]},
        {"type": "textarea", "key": "intro", "label": "机构介绍", "description": "主营业务和服务区域"},
        {"type": "checklist", "key": "papers", "label": "材料",
         "values": [{"label": "营业执照", "value": "a"}, {"label": "授权书", "value": "b"}]},
        {"type": "datetime", "subtype": "date", "key": "to", "label": "到期日"},
        {"type": "filepicker", "key": "files", "label": "附件", "accept": ".pdf,.zip", **MUST},
        {"type": "textfield", "key": "phone", "label": "联系手机号", **MUST,
         "properties": {"format": "phone", "secrecy": "personal"}},
        {"type": "textfield", "key": "code", "label": "验证码", **MUST,
         "properties": {"format": "sms", "phone": "phone", "purpose": "admission"}},
        {"type": "checkbox", "key": "agree", "label": "本人（公司）确认以上信息完整、真实、有效", **MUST},
    ],
}  # fmt: skip

bp = Blueprint("show", __name__, url_prefix="/show")
told: dict[str, Any] = {"live": "等待支付", "asked": [], "got": None}


def parts_of() -> dict[str, Any]:
    now = clock.now()
    return {
        "now": now,
        "soon": now + timedelta(minutes=12, seconds=30),
        "later": now + timedelta(days=2, hours=3),
        "gone": now - timedelta(hours=2),
    }


@bp.get("/parts")
def parts() -> str:
    return render_template("parts.html", **parts_of())


@bp.route("/ask", methods=["GET", "POST"])
def ask() -> Any:
    if request.method == "POST":
        flash("取消成功")
        return redirect(url_for("show.parts"))
    return render_template("ask.html")


@bp.route("/form", methods=["GET", "POST"])
def form() -> Any:
    the_form = formjs.load(FORM)
    if request.method == "GET":
        return render_template("form.html", the_form=the_form, sent=None, errors={})
    try:
        told["got"] = the_form.read(request.form, request.files)
    except BadInput as error:
        return render_template("form.html", the_form=the_form, sent=request.form, errors=error.fields), error.status
    flash("提交成功")
    return redirect(url_for("show.parts"))


@bp.get("/live")
def live() -> str:
    return render_template("live.html", fragment=render_template("fragment.html", state_word=told["live"]))


@bp.get("/live/fragment")
def fragment() -> Any:
    answer = make_response(render_template("fragment.html", state_word=told["live"]))
    answer.add_etag()
    answer = answer.make_conditional(request)
    told["asked"].append(answer.status_code)
    return answer


@bp.post("/codes")
def codes() -> Any:
    if not request.form["phone"].startswith("1"):
        return jsonify(message="请先填写正确的手机号"), 422
    return jsonify(retry_after=60)


@bp.post("/reveal")
def reveal() -> Any:
    return {"value": "13912342652"}


@bp.before_request
def nobody_else() -> None:
    g.setdefault("user", None)
