"""The complaint's verbs, for diagrams."""

from app.audit import record
from app.complaints import filing
from app.institutions import catalogue
from app.notices import telling
from app.runtime.operations import Field, OpContext, Operation

TEXT = Field("text", "string", "通知文本编号")


def tell(context: OpContext, text: str) -> None:
    """Tell the complainant: a notice and, if the text says so, an SMS to the phone given with the complaint."""
    complaint = filing.find(context.key)
    telling.tell(
        filing.told(complaint).entity,
        text,
        kind="complaint",
        about=complaint.no,
        link=f"/complaints/{complaint.no}",
        key=f"complaint:{complaint.no}:{text}:{context.step.number}",
        places={"institution": catalogue.get(complaint.institution).name},
    )


def remind(context: OpContext, what: str) -> None:
    """A line on the timeline, which the complainant sees, too."""
    record(context.key, what, by=context.by)


OPERATIONS = (
    Operation("complaints/open", filing.open_complaint, title="登记投诉", effects=("投诉：→待处理",)),
    Operation("complaints/accept", filing.accept, title="受理投诉", effects=("投诉：待处理→处理中",)),
    Operation(
        "complaints/decline",
        filing.decline,
        title="不予受理",
        parameters=(Field("code", "string", "原因代码"), Field("note", "string", "原因说明")),
        effects=("投诉：待处理→不予受理",),
    ),
    Operation(
        "complaints/close",
        filing.close,
        title="办结投诉",
        parameters=(Field("outcome", "string", "核实结论"), Field("answer", "string", "答复内容")),
        effects=("投诉：处理中→已办结",),
    ),
    Operation("complaints/tell", tell, title="通知投诉人", parameters=(TEXT,), effects=("通知投诉人",)),
    Operation("complaints/remind", remind, title="登记催办", parameters=(Field("what", "string", "内容"),)),
)
