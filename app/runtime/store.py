"""The statements of a step: lock and read an instance, write what it waits for, its history, its state."""

from app.statements import Statement, insert

_INSTANCE = "id, policy, version_id, key, region, institution, status, state, row_version, listens"
LOCK_BY_KEY = Statement(
    f"SELECT {_INSTANCE} FROM instance WHERE policy = :policy AND key = :key",  # noqa: S608
    postgresql="FOR UPDATE",
)
LOCK_BY_MESSAGE = Statement(
    f"SELECT {', '.join('i.' + name for name in _INSTANCE.split(', '))} FROM instance i "  # noqa: S608
    "JOIN inbox m ON m.policy = i.policy AND m.key = i.key WHERE m.id = :id",
    postgresql="FOR UPDATE OF i",
)
LOCK_BY_ID = Statement(f"SELECT {_INSTANCE} FROM instance WHERE id = :id", postgresql="FOR UPDATE")  # noqa: S608
INBOX = Statement(
    "SELECT m.id, m.name, m.correlation, m.payload, m.held FROM inbox m "
    "WHERE m.policy = :policy AND m.key = :key AND m.delivered_at IS NULL AND NOT m.held ORDER BY m.id"
)
INBOX_BY_INSTANCE = Statement(
    "SELECT m.id, m.name, m.correlation, m.payload, m.held FROM inbox m "
    "JOIN instance i ON i.policy = m.policy AND i.key = m.key "
    "WHERE i.id = :id AND m.delivered_at IS NULL AND NOT m.held ORDER BY m.id"
)
INBOX_BY_MESSAGE = Statement(
    "SELECT m.id, m.name, m.correlation, m.payload, m.held FROM inbox m "
    "JOIN inbox told ON told.policy = m.policy AND told.key = m.key "
    "WHERE told.id = :id AND m.delivered_at IS NULL AND (NOT m.held OR m.id = :id) ORDER BY m.id"
)
OVERDUE = Statement("SELECT 1 FROM inbox WHERE delivered_at IS NULL AND look_at <= :now LIMIT 1")
JOB = Statement(
    "SELECT id, kind, state, instance_id, token, element, name, payload, key, attempt, attempts, result "
    "FROM job WHERE id = :id"
)
TASK = Statement(
    "SELECT id, instance_id, token, element, form, role, assignee, key, policy FROM user_task WHERE id = :id"
)
LIVE = Statement("SELECT version_id FROM policy_live WHERE policy = :policy")
INSERT_INSTANCE = Statement(
    "INSERT INTO instance (policy, version_id, key, region, institution, status, state, listens, row_version, "
    "started_at, updated_at, ended_at) VALUES (:policy, :version_id, :key, :region, :institution, :status, :state, "
    ":listens, 0, :now, :now, :ended_at) RETURNING id"
)
SAVE_INSTANCE = Statement(
    "UPDATE instance SET status = :status, state = :state, listens = :listens, version_id = :version_id, "
    "region = :region, institution = :institution, row_version = row_version + 1, updated_at = :now, "
    "ended_at = :ended_at "
    "WHERE id = :id AND row_version = :row_version",
    only=True,
)
ADD_TASK = insert(
    "user_task",
    "instance_id token element name form policy key role region institution assignee assignee_label priority "
    "created_at due_at",
)
CHANGE_TASK = Statement(
    "UPDATE user_task SET element = :element, name = :name, form = :form, role = :role, due_at = :due_at "
    "WHERE instance_id = :instance_id AND token = :token"
)
DROP_TASK = Statement("DELETE FROM user_task WHERE instance_id = :instance_id AND token = :token")
DROP_TIMER = Statement(
    "DELETE FROM job WHERE instance_id = :instance_id AND token = :token AND name = :name AND kind = 'timer'"
)
DROP_CALL = Statement(
    "UPDATE job SET state = 'done', done_at = :now, error = NULL "
    "WHERE instance_id = :instance_id AND token = :token AND kind = 'call' AND state <> 'done'"
)
MOOT_INCIDENT = Statement(  # the case went on without the call: nothing is left to retry
    "UPDATE incident SET status = 'resolved', closed_at = :now, closed_by = 'system', note = :note "
    "WHERE status = 'open' AND kind IN ('call', 'step') AND job_id IN "
    "(SELECT id FROM job WHERE instance_id = :instance_id AND token = :token AND kind = 'call')"
)
END_JOB = Statement("UPDATE job SET state = 'done', done_at = :now, error = NULL WHERE id = :id")
ADD_INCIDENT = insert(
    "incident", "instance_id policy key kind element element_name job_id message status created_at closed_by note"
)
ADD_HISTORY = insert("history", "instance_id step at kind element actor actor_label detail sealed")
MOOT_MESSAGE = Statement(  # a message that could not be taken has been
    "UPDATE incident SET status = 'resolved', closed_at = :now, closed_by = 'system', note = :note "
    "WHERE status = 'open' AND kind = 'message' AND job_id = :id"
)
KEEP_MESSAGE = Statement(
    "INSERT INTO inbox (policy, key, name, correlation, payload, sender, request_id, received_at, look_at, optional, "
    "held) VALUES (:policy, :key, :name, :correlation, :payload, :sender, :request_id, :received_at, :look_at, "
    ":optional, :held) ON CONFLICT (sender, request_id) DO NOTHING RETURNING id"
)
TAKE_MESSAGE = Statement("UPDATE inbox SET delivered_at = :now WHERE id = :id")
MESSAGE = Statement("SELECT policy, key, name, optional FROM inbox WHERE id = :id")
