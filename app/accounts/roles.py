"""Who may come in: the roles of domain.md §1, market entities' and staff's."""

from app.states import State


class Role(State):
    BIDDER = "bidder", "投标人"
    TENDERER = "tenderer", "招标人"
    TENDER_AGENT = "tender_agent", "招标代理"
    CENTRE_REVIEWER = "centre_reviewer", "交易中心审核员"
    INSTITUTION_REVIEWER = "institution_reviewer", "机构审核员"
    INSTITUTION_ADMIN = "institution_admin", "机构管理员"
    OPERATOR = "operator", "业务运营"
    PUBLISHER = "publisher", "政策发布审批"
    AUDITOR = "auditor", "审计监管"


class Kind(State):
    ENTITY = "entity", "市场主体"
    STAFF = "staff", "工作人员"


ENTITY_ROLES = (Role.BIDDER, Role.TENDERER, Role.TENDER_AGENT)
STAFF_ROLES = tuple(role for role in Role if role not in ENTITY_ROLES)
OF_AN_INSTITUTION = (Role.INSTITUTION_REVIEWER, Role.INSTITUTION_ADMIN)
EVERYWHERE = "*"
