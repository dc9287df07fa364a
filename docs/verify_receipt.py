#!/usr/bin/env python3
"""Verify a receipt (回执), a checkpoint (检查点) or a stretch of the audit chain, without the platform.

    python3 verify_receipt.py receipt.json keys.json
    python3 verify_receipt.py checkpoint.json keys.json
    python3 verify_receipt.py checkpoint.json keys.json chain.jsonl
    python3 verify_receipt.py receipt.json keys.json chain.jsonl checkpoint.json

keys.json is what the platform publishes at /receipts/keys.json (or one of its keys); get it before you need it.
chain.jsonl is what `flask --app wsgi audit export` writes. It needs Python 3.8 and nothing else; it says what holds and
ends with 0, or says what does not and ends with 1.
"""

import base64
import json
import sys

MASK = 0xFFFFFFFF


def rotated(x, n):
    n %= 32
    return ((x << n) | (x >> (32 - n))) & MASK


def compressed(v, block):
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ rotated(w[j - 3], 15)
        w.append(x ^ rotated(x, 15) ^ rotated(x, 23) ^ rotated(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = v
    for j in range(64):
        t = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = rotated((rotated(a, 12) + e + rotated(t, j)) & MASK, 7)
        ss2 = ss1 ^ rotated(a, 12)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & MASK & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & MASK
        tt2 = (gg + h + ss1 + w[j]) & MASK
        a, b, c, d = tt1, a, rotated(b, 9), c
        e, f, g, h = tt2 ^ rotated(tt2, 9) ^ rotated(tt2, 17), e, rotated(f, 19), g
    return [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h))]


def sm3(data):
    """GB/T 32905."""
    v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    for at in range(0, len(padded), 64):
        v = compressed(v, padded[at : at + 64])
    return b"".join(x.to_bytes(4, "big") for x in v)


# SM2 (GB/T 32918) on its recommended curve, with the default user id
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
USER = b"1234567812345678"


def added(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], P - 2, P) % P
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], P - 2, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def multiple(k, p):
    found = None
    while k:
        if k & 1:
            found = added(found, p)
        p, k = added(p, p), k >> 1
    return found


def signed_by(public, data, signature):
    """Whether `signature` (r and s in hex) is this key's (x and y in hex, a leading 04 allowed) over `data`."""
    public = public[2:] if len(public) == 130 else public
    if len(public) != 128 or len(signature) != 128:
        return False
    key, r, s = (int(public[:64], 16), int(public[64:], 16)), int(signature[:64], 16), int(signature[64:], 16)
    if (key[1] ** 2 - key[0] ** 3 - A * key[0] - B) % P or not (0 < r < N and 0 < s < N):
        return False
    curve = b"".join(number.to_bytes(32, "big") for number in (A, B, *G, *key))
    z = sm3((len(USER) * 8).to_bytes(2, "big") + USER + curve)
    e, t = int.from_bytes(sm3(z + data), "big"), (r + s) % N
    point = added(multiple(s, G), multiple(t, key)) if t else None
    return point is not None and (e + point[0]) % N == r


# what the platform signs


class Wrong(Exception):
    """What does not hold."""


def held(condition, otherwise):
    if not condition:
        raise Wrong(otherwise)


def text_of(document):
    said = {name: value for name, value in document.items() if name != "signature"}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def key_named(keys, key_id):
    known = keys.get("keys", [keys])
    found = [one["public_key"] for one in known if one.get("key_id") == key_id]
    held(found, f"公钥文件中没有密钥 {key_id}：不是这个平台签发的，或公钥文件太旧")
    return found[0]


def signature_holds(document, keys):
    public = key_named(keys, document.get("key_id"))
    held(signed_by(public, text_of(document), str(document.get("signature"))), "签名无效：内容被改动，或不是本平台签发")


def unpacked(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def receipt_holds(document, keys):
    signature_holds(document, keys)
    packed, _, signature = document["token"].partition(".")
    token = unpacked(packed)
    lines = token.decode().split("\n")
    held(lines[0] == "BAOHAN-RECEIPT-1", "回执中的二维码内容无法识别")
    held(signed_by(key_named(keys, lines[1]), token, unpacked(signature).hex()), "二维码内容的签名无效")
    told = [document["no"], document["at"], document["step"], document["digest"], str(document["chain_no"] or "")]
    held(lines[2:] == told, "二维码内容与回执不一致")
    if document.get("sent") is not None:
        held(sm3(document["sent"].encode()).hex() == document["digest"], "提交内容与回执的摘要不一致")
    print(f"✓ 回执有效：平台于 {document['at']} 收到 {document['no']} 的“{document['step']}”")
    if document.get("opening_at"):
        print(f"  标段 {document['lot_no']}，投标截止 {document['bid_deadline']}，开标 {document['opening_at']}")
    if document.get("sent") is not None:
        print("  提交内容与摘要一致")


def checkpoint_holds(document, keys):
    signature_holds(document, keys)
    print(f"✓ 检查点有效：{document['at']} 时审计链到第 {document['no']} 条，摘要 {document['hash']}")


def chain_holds(path):
    """{number: hash} of the stretch's ends, and {number: line}."""
    with open(path, "rb") as source:
        head = json.loads(source.readline())
        held(head.get("type") == "baohan-chain", "不是导出的审计链")
        no, digest = head["after"], bytes.fromhex(head["hash"])
        hashes, lines = {no: digest.hex()}, {}
        for line in source:
            line = line.rstrip(b"\n")
            no += 1
            values = json.loads(line)
            held(values[0] == no, f"第 {no} 条不见了")
            digest = sm3(digest + line)
            hashes[no], lines[no] = digest.hex(), values
    return hashes, lines


def chain_reaches(hashes, checkpoint):
    held(checkpoint["no"] in hashes, f"导出的审计链不含检查点所指的第 {checkpoint['no']} 条")
    held(hashes[checkpoint["no"]] == checkpoint["hash"], "审计链与检查点不一致：有记录被改动、删除或插入")
    print(f"✓ 审计链第 {min(hashes) + 1} 条到第 {checkpoint['no']} 条与检查点一致")


def line_holds(document, lines):
    no = document["chain_no"]
    held(no, "回执尚无审计链中的位置：请重新下载回执")
    held(no in lines, f"导出的审计链不含第 {no} 条")
    held(lines[no][3] == document["no"], "审计链中该条不是这项业务的")
    held(lines[no][4] == document["step"], "审计链中该条不是这一步")
    held(document["digest"] in (lines[no][8] or ""), "审计链中该条的摘要与回执不一致")
    print(f"✓ 回执就是审计链第 {no} 条")


def main(arguments):
    if len(arguments) < 2:
        print(__doc__)
        return 2
    with open(arguments[1], encoding="utf-8") as source:
        keys = json.load(source)
    documents, chain = [], None
    for path in (arguments[0], *arguments[2:]):
        if path.endswith(".jsonl"):
            chain = path
        else:
            with open(path, encoding="utf-8") as source:
                documents.append(json.load(source))
    checkpoint = None
    for document in documents:
        kind = document.get("type") if isinstance(document, dict) else None
        held(kind in ("baohan-receipt", "baohan-checkpoint"), "既不是回执，也不是检查点")
        if kind == "baohan-receipt":
            receipt_holds(document, keys)
        else:
            checkpoint_holds(document, keys)
            checkpoint = document
    if chain is not None:
        held(checkpoint is not None, "审计链要与检查点一起验证")
        hashes, lines = chain_holds(chain)
        chain_reaches(hashes, checkpoint)
        for document in documents:
            if document["type"] == "baohan-receipt":
                held((document["chain_no"] or 0) <= checkpoint["no"], "回执在检查点之后：请用更晚的检查点")
                line_holds(document, lines)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Wrong as wrong:
        print(f"✗ {wrong}")
        sys.exit(1)
    except (OSError, KeyError, TypeError, ValueError) as unreadable:
        print(f"✗ 文件无法读取：{unreadable!r}")
        sys.exit(1)
