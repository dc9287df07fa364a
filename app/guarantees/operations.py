"""The guarantee's verbs, for diagrams."""

from app.guarantees import issuing
from app.runtime.operations import Field, Operation

ISSUANCE = Field("issuance", "context", "出函消息（B3）")
VERDICT = (Field("ok", "boolean", "是否合格"), Field("reason", "string", "不合格原因"))

OPERATIONS = (
    Operation(
        "guarantees/verify_document",
        issuing.verify_document,
        title="核验保函文件的签名和摘要",
        parameters=(
            Field("file_id", "number", "文件"),
            Field("sm3", "string", "SM3 摘要"),
            Field("sha256", "string", "SHA-256 摘要"),
        ),
        results=VERDICT,
        outside=True,
        attempts=3,
    ),
    Operation(
        "guarantees/check_terms",
        issuing.check_terms,
        title="核对保函与订单",
        parameters=(ISSUANCE,),
        results=VERDICT,
    ),
    Operation(
        "guarantees/issue",
        issuing.issue,
        title="登记保函，成功出函",
        parameters=(ISSUANCE,),
        results=(Field("guarantee_no", "string", "保函编号"), Field("repeat", "boolean", "是否重复")),
        effects=("订单：→成功出函", "保函：→生效中", "资金：待出函→已实现"),
    ),
)
