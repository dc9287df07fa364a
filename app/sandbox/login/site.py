"""The login platform's pages and endpoints."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.protocol import uscc
from app.sandbox.demo import Demo
from app.sandbox.login.grants import SESSION_SECONDS
from app.sandbox.login.people import ROLES
from app.sandbox.login.provider import BadClient, Denied, Provider, with_query

COOKIE = "sandbox_login"
_PHONE, _ID_NO = re.compile(r"1\d{10}"), re.compile(r"\d{17}[\dX]")


def build(config: Demo) -> Flask:
    app = Flask(__name__, template_folder="templates", static_folder=str(Path(__file__).parent.parent / "static"))
    provider = Provider(config)
    names = {one["code"]: one["short_name"] for one in config["institutions"]}

    @app.get("/livez")
    def alive() -> ResponseReturnValue:
        return jsonify({"ok": True})

    @app.get("/.well-known/openid-configuration")
    def metadata() -> ResponseReturnValue:
        return jsonify(provider.metadata())

    @app.get("/jwks")
    def jwks() -> ResponseReturnValue:
        return jsonify(provider.signer.jwks())

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> ResponseReturnValue:
        asked = request.values.to_dict()
        try:
            wish = provider.wish(asked)
        except BadClient:
            return _said("登录请求有误", "接入方或回调地址未在统一注册平台登记。", 400)
        except Denied as denied:
            return redirect(with_query(denied.redirect, error=denied.error, error_description=denied.description), 303)
        current = provider.sessions.get(request.cookies.get(COOKIE, ""))
        if asked.get("prompt") == "none":
            if current is None:
                return redirect(provider.denied(wish, "login_required"), 303)
            return redirect(provider.granted(wish, current, request.cookies[COOKIE]), 303)
        return render_template(
            "pick.html",
            login=provider.wishes.put(wish),
            entities=provider.people.entities,
            staff=provider.people.staff,
            roles=ROLES,
            institutions=names,
            current=current,
        )

    @app.post("/login/<login>")
    def pick(login: str) -> ResponseReturnValue:
        wish = provider.wishes.get(login)
        if wish is None:
            return _said("登录已过期", "请返回原网站重新登录。", 400)
        if request.form.get("sub") == "":
            return redirect(provider.denied(wish, "access_denied"), 303)
        person = provider.people.find(request.form.get("sub", ""))
        if person is None:
            return _said("没有这个账号", "请返回重新选择。", 400)
        provider.wishes.take(login)
        session = provider.sessions.put(person["sub"])
        weak = request.form.get("weak") == "yes"
        answer = redirect(provider.granted(wish, person["sub"], session, weak=weak), 303)
        answer.set_cookie(COOKIE, session, max_age=SESSION_SECONDS, httponly=True, samesite="Lax")
        return answer

    @app.post("/token")
    def token() -> ResponseReturnValue:
        try:
            answer = jsonify(provider.redeem(request.form.to_dict(), request.authorization))
        except Denied as denied:
            answer = jsonify({"error": denied.error, "error_description": denied.description})
            answer.status_code = 401 if denied.error == "invalid_client" else 400
            if answer.status_code == 401:
                answer.headers["WWW-Authenticate"] = 'Basic realm="token"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.route("/userinfo", methods=["GET", "POST"])
    def userinfo() -> ResponseReturnValue:
        header = request.authorization
        told = provider.userinfo(header.token or "") if header is not None and header.type == "bearer" else None
        if told is None:
            return Response("", 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return jsonify(told)

    @app.route("/logout", methods=["GET", "POST"])
    def logout() -> ResponseReturnValue:
        provider.sessions.take(request.cookies.get(COOKIE, ""))
        target = provider.after_logout(request.values.to_dict())
        answer = redirect(target, 303) if target else app.make_response(_said("已退出登录", "您已退出统一注册平台。"))
        answer.delete_cookie(COOKIE)
        return answer

    @app.route("/register", methods=["GET", "POST"])
    def register() -> ResponseReturnValue:
        form = {name: value.strip() for name, value in request.form.to_dict().items()}
        roles = [role for role in request.form.getlist("roles") if role in ("bidder", "tenderer", "tender_agent")]
        errors = _wrong(form, roles) if request.method == "POST" else {}
        if request.method == "POST" and not errors:
            handler = {"name": form["handler"], "id_no": form["id_no"], "phone": form["phone"]}
            try:
                person = provider.people.register(form["name"], form["uscc"], roles, handler)
                return _said("注册成功", f"{person['name']}已注册，请返回原网站登录。")
            except ValueError as error:
                errors = {"uscc": str(error)}
        return render_template(
            "register.html", form=form, chosen=roles or ["bidder"], errors=errors, roles=ROLES
        ), 422 if errors else 200

    @app.route("/register/staff", methods=["GET", "POST"])
    def register_staff() -> ResponseReturnValue:
        form = {name: value.strip() for name, value in request.form.to_dict().items()}
        errors = {}
        if request.method == "POST":
            errors = {name: text for name, text in _wrong(form, []).items() if name in ("name", "phone")}
            if errors.get("name"):
                errors["name"] = "请输入姓名"
            try:
                if not errors:
                    person = provider.people.register_staff(form["name"], form["phone"])
                    return _said("注册成功", f"{person['name']}已注册，请返回原网站登录；角色由邀请取得。")
            except ValueError as error:
                errors = {"phone": str(error)}
        return render_template("register_staff.html", form=form, errors=errors), 422 if errors else 200

    return app


def _said(title: str, text: str, status: int = 200) -> tuple[str, int]:
    return render_template("said.html", title=title, text=text), status


def _wrong(form: dict[str, str], roles: list[str]) -> dict[str, str]:
    checks = {
        "name": (bool(form.get("name")), "请输入单位名称"),
        "uscc": (uscc.check_digit_holds(form.get("uscc", "")), "请输入有效的18位统一社会信用代码"),
        "roles": (bool(roles), "请选择至少一个角色"),
        "handler": (bool(form.get("handler")), "请输入经办人姓名"),
        "id_no": (bool(_ID_NO.fullmatch(form.get("id_no", ""))), "请输入18位身份证号码"),
        "phone": (bool(_PHONE.fullmatch(form.get("phone", ""))), "请输入11位手机号"),
    }
    return {name: text for name, (fine, text) in checks.items() if not fine}
