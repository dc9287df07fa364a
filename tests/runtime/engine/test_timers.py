"""Times as drawings write them: on the calendar, in Shanghai, fixed when the token arrives, fired only when told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import rules
from app.clock import SHANGHAI
from app.runtime import engine, timers
from tests.runtime.engine.bpmn import boundary, catch, end, gateway, process, service, start, user
from tests.runtime.engine.play import NOON, Desk, again, begin, complete, define, tasks, token


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "start", "then"),
    [
        ("PT30M", "2026-11-23T12:00+08:00", "2026-11-23T12:30+08:00"),
        ("P1D", "2026-11-23T12:00+08:00", "2026-11-24T12:00+08:00"),
        ("P2W", "2026-11-23T12:00+08:00", "2026-12-07T12:00+08:00"),
        ("P1M", "2026-01-31T12:00+08:00", "2026-02-28T12:00+08:00"),
        ("P1M", "2028-01-31T12:00+08:00", "2028-02-29T12:00+08:00"),
        ("P1Y2M", "2026-12-31T23:00+08:00", "2028-02-29T23:00+08:00"),
        ("P1M", "2026-03-30T16:30+00:00", "2026-04-30T00:30+08:00"),  # it is the 31st in Shanghai already
        ("P1DT2H3M4.5S", "2026-11-23T12:00+08:00", "2026-11-24T14:03:04.500+08:00"),
        ("2026-12-01T09:00", "2026-11-23T12:00+08:00", "2026-12-01T09:00+08:00"),
        ("2026-12-01T09:00Z", "2026-11-23T12:00+08:00", "2026-12-01T17:00+08:00"),
        ("2026-12-01", "2026-11-23T12:00+08:00", "2026-12-01T00:00+08:00"),
    ],
)
def test_a_time_is_reckoned_on_the_calendar_in_shanghai(text, start, then):
    kind = "duration" if text.startswith("P") else "date"
    timers.check(kind, text)
    assert timers.due(kind, text, at(start)).at == at(then)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duration", ""), ("duration", "30 minutes"), ("duration", "PT"), ("duration", "P"), ("duration", "-PT5M"),
        ("duration", "P1.5M"), ("duration", "P1DT"), ("duration", "PT١M"), ("duration", "P99999Y"),
        ("duration", '"PT30M"'), ("date", "tomorrow"), ("date", "2026-13-01"), ("date", "PT30M"),
        ("cycle", "R/"), ("cycle", "R0/PT1H"), ("cycle", "R3/PT0S"), ("cycle", "PT1H"), ("cycle", "R3/P1D/2026-01-01"),
        ("", "PT30M"),
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_at_publish(kind, text):
    with pytest.raises(timers.BadTimer):
        timers.check(kind, text)


@given(st.integers(0, 1200), st.integers(0, 40_000), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_a_span_never_goes_backwards_and_keeps_the_hour_in_shanghai(months, days, begin):
    begin = begin.replace(tzinfo=UTC)
    then = timers.span(f"P{months}M{days}D").after(begin)
    assert then >= begin
    assert then.astimezone(SHANGHAI).time() == begin.astimezone(SHANGHAI).time()


@given(st.integers(1, 9), st.sampled_from(["PT1S", "PT24H", "P1M", "P1Y"]), st.integers(0, 10**9))
def test_missed_rounds_are_caught_up_once_and_the_next_is_ahead(rounds, every, late):
    first = timers.due("cycle", f"R{rounds}/{every}", NOON)
    now = first.at + timedelta(seconds=late)
    following = first.next(now)
    if following is None:
        assert timers.span(every).after(first.at, rounds - 1) <= now
    else:
        assert first.at < now < following.at or (late == 0 and following.at > now)
        assert following.round <= rounds
        assert timers.Due.restored(following.stored()) == following


def test_monthly_rounds_keep_to_the_last_day():
    due = timers.due("cycle", "R/2026-01-31T09:00/P1M", NOON)
    seen = [due.at]
    for _ in range(3):
        due = due.next(due.at)
        seen.append(due.at)
    assert [moment.astimezone(SHANGHAI).strftime("%m-%d %H") for moment in seen] == [
        "01-31 09",
        "02-28 09",
        "03-31 09",
        "04-30 09",
    ]


WAIT = "start > t > end"


@pytest.mark.parametrize(
    ("kind", "feel", "minutes"),
    [
        ("duration", '= duration("PT45M")', 45),
        ("duration", "= wait", 20),
        ("date", "= now() + duration(wait)", 20),
        ("date", "=min([now() + duration(\"PT30M\"), lot.bid_deadline])", 10),
    ],
)  # fmt: skip
def test_feel_may_say_when(kind, feel, minutes):
    facts = {"lot": {"bid_deadline": NOON + timedelta(minutes=10)}}
    case, _ = begin(define(process(start(), catch("t", **{kind: feel}), end(), flows=WAIT)), Desk(facts), wait="PT20M")
    assert case.waiting().timers[0].due_at == NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize("feel", ["= nothing", "= 5", '= "soon"', '= duration("-PT5M")', "= true"])
def test_a_time_that_feel_cannot_give_is_an_incident_at_the_shape(feel):
    definition = define(process(start(), catch("t", duration=feel), end(), flows=WAIT))
    with pytest.raises(engine.Stuck) as stuck:
        begin(definition)
    assert stuck.value.element.id == "t"


def test_a_due_time_is_fixed_when_the_token_arrives():
    desk = Desk({"deadline": NOON + timedelta(hours=1)})
    drawing = process(
        start(), user("a"), boundary("late", "a", date="= deadline"), end(), end("end2"),
        flows="start > a > end; late > end2",
    )  # fmt: skip
    case, _ = begin(define(drawing), desk)
    desk.known["deadline"] += timedelta(days=1)
    desk.later(hours=2)
    assert again(case).waiting().timers[0].due_at == NOON + timedelta(hours=1)


def test_an_overdue_timer_waits_to_be_fired_and_a_completion_beats_it():
    drawing = process(
        start(), user("a"), boundary("late", "a", duration="PT1M"), user("b"), end(), end("end2"),
        flows="start > a > b > end; late > end2",
    )  # fmt: skip
    case, desk = begin(define(drawing))
    late = token(case, "late")
    case = again(case)
    complete(case, "a", desk.later(days=3))
    assert tasks(case) == ["b"]
    with pytest.raises(engine.NotWaiting):
        again(case).fire(late, "late", desk)


def test_two_timers_of_one_gateway_have_their_own_due_times_and_one_way_is_taken():
    drawing = process(
        start(), gateway("e", "eventBased"), catch("soon", duration="PT10M"), catch("late", duration="PT30M"),
        catch("paid", message="paid"), user("a"), user("b"), user("c"), end(),
        flows="start > e; e > soon > a > end; e > late > b > end; e > paid > c > end",
    )  # fmt: skip
    definition = define(drawing)
    case, desk = begin(definition)
    case = again(case)
    assert {t.timer_id: t.due_at - NOON for t in case.waiting().timers} == {
        "soon": timedelta(minutes=10),
        "late": timedelta(minutes=30),
    }
    desk.later(hours=9)
    where = token(case, "paid")
    blob = case.dump()
    case.deliver(where, "paid", {}, desk)
    assert (tasks(case), case.waiting().timers) == (["c"], [])
    other = engine.load(definition, blob)
    other.fire(where, "late", desk)
    assert tasks(other) == ["b"]
    with pytest.raises(engine.NotWaiting):
        other.fire(where, "soon", desk)


def test_an_interrupting_timer_takes_the_task_and_its_sisters_along():
    drawing = process(
        start(), user("a"), boundary("late", "a", duration="P1D"), boundary("stop", "a", message="stop"),
        boundary("remind", "a", interrupting=False, duration="PT1H"), user("b"), end(), end("e2"), end("e3"),
        flows="start > a > end; late > b > e2; stop > e3; remind > e3",
    )  # fmt: skip
    case, desk = begin(define(drawing))
    case = again(case)
    case.fire(token(case, "late"), "late", desk)
    assert again(case).waiting() == engine.Waiting([case.waiting().tasks[0]], [], [], [], [])
    assert tasks(case) == ["b"]
    assert ("cancelled", "a") in [line[:2] for line in desk.lines]


REMINDED = process(
    start(), user("a"), boundary("remind", "a", interrupting=False, cycle="R3/PT24H"), service("sms", "sms"),
    end(), end("told"), flows="start > a > end; remind > sms > told",
)  # fmt: skip


def test_a_reminder_comes_three_times_and_the_task_stays():
    told = []
    case, desk = begin(define(REMINDED), Desk(sms=lambda: told.append(1)))
    for day in (1, 2, 3):
        case = again(case)
        timer = case.waiting().timers[0]
        assert timer.due_at == NOON + timedelta(days=day)
        desk.now = timer.due_at
        case.fire(timer.token, "remind", desk)
        assert tasks(case) == ["a"]
        with pytest.raises(engine.NotWaiting):
            again(case).fire(timer.token, "remind", desk)
    assert len(told) == 3
    assert case.waiting().timers == []
    complete(case, "a", desk)
    assert case.ended


def test_a_late_reminder_catches_up_once():
    told = []
    case, desk = begin(define(REMINDED), Desk(sms=lambda: told.append(1)))
    case.fire(token(case, "remind"), "remind", desk.later(hours=50))
    assert len(told) == 1
    assert case.waiting().timers[0].due_at == NOON + timedelta(days=3)
    desk.later(days=9)
    case.fire(token(case, "remind"), "remind", desk)
    assert (len(told), case.waiting().timers) == (2, [])


def test_completing_the_task_ends_its_reminders():
    case, desk = begin(define(REMINDED), Desk(sms=lambda: None))
    case.fire(token(case, "remind"), "remind", desk.later(hours=24))
    case = again(case)
    complete(case, "a", desk)
    assert case.ended


def test_a_user_task_is_due_by_the_calendar_or_by_feel():
    drawing = process(
        start(), user("a", due="P1M"), user("b", due="= limit"), user("c", due="2026-12-24"), end(),
        flows="start > a > b > c > end",
    )  # fmt: skip
    case, desk = begin(define(drawing), limit="PT2H")
    dues = []
    for element in "abc":
        dues.append(again(case).waiting().tasks[0].due)
        complete(case, element, desk)
    assert dues == [at("2026-12-23T12:00+08:00"), NOON + timedelta(hours=2), at("2026-12-24T00:00+08:00")]


def test_months_that_feel_computes_are_months():
    assert timers.due("duration", rules.compile('duration("P1M")').evaluate({}), at("2026-01-31T12:00+08:00")).at == at(
        "2026-02-28T12:00+08:00"
    )
