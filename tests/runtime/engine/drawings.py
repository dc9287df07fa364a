"""Every allowed element, in the combinations that have gone wrong before. Operations all answer from outside."""

from tests.runtime.engine.bpmn import (
    boundary,
    call,
    catch,
    end,
    gateway,
    process,
    receive,
    send,
    service,
    start,
    sub,
    user,
)

# fmt: off
DRAWINGS: dict[str, list[bytes]] = {
    "straight": [process(start(), user("a"), service("b", "x/y"), end(), flows="start > a > b > end")],
    "choice": [process(
        start(), gateway("g", default="g-c"), user("a"), user("b"), user("c"), end(),
        flows="start > g; g > a [x > 5]; g > b [x > 1]; g > c; a > end; b > end; c > end",
    )],
    "parallel": [process(
        start(), gateway("f", "parallel"), user("a"), service("b", "x/y"), catch("m", message="go"),
        gateway("j", "parallel"), user("z"), end(),
        flows="start > f; f > a > j; f > b > j; f > m > j; j > z > end",
    )],
    "parallel, one branch empty": [process(
        start(), gateway("f", "parallel"), user("a"), gateway("j", "parallel"), user("z"), end(),
        flows="start > f; f > a > j; f > j; j > z > end",
    )],
    "parallel without join": [process(
        start(), gateway("f", "parallel"), user("a"), user("b"), end(), end("end2"),
        flows="start > f; f > a > end; f > b > end2",
    )],
    "nested parallel": [process(
        start(), gateway("f", "parallel"), gateway("f2", "parallel"), user("a"), user("b"), user("c"),
        gateway("j2", "parallel"), gateway("j", "parallel"), end(),
        flows="start > f; f > f2; f2 > a > j2; f2 > b > j2; j2 > j; f > c > j; j > end",
    )],
    "loop": [process(
        start(), gateway("in"), user("a"), gateway("g", default="g-end"), end(),
        flows="start > in > a > g; g > in [x > 1]; g > end",
    )],
    "parallel in a loop": [process(
        start(), gateway("in"), gateway("f", "parallel"), user("a"), user("b"), gateway("j", "parallel"),
        gateway("g", default="g-end"), end(),
        flows="start > in > f; f > a > j; f > b > j; j > g; g > in [x > 1]; g > end",
    )],
    "loop in a branch": [process(
        start(), gateway("f", "parallel"), gateway("in"), user("a"), gateway("g", default="g-j"), user("b"),
        gateway("j", "parallel"), end(),
        flows="start > f; f > in > a > g; g > in [x > 1]; g > j; f > b > j; j > end",
    )],
    "first event": [process(
        start(), gateway("e", "eventBased"), catch("paid", message="paid"), catch("late", duration="PT30M"),
        receive("gone", "gone"), user("a"), end(),
        flows="start > e; e > paid > a > end; e > late > end; e > gone > end",
    )],
    "first event in a loop": [process(
        start(), gateway("in"), gateway("e", "eventBased"), catch("change", message="change"), user("a"),
        catch("late", duration="PT30M"), end(),
        flows="start > in > e; e > change > a > in; e > late > end",
    )],
    "timer and message in line": [process(
        start(), catch("t", duration="P1D"), catch("m", message="m"), receive("r", "r"), end(),
        flows="start > t > m > r > end",
    )],
    "boundary timer": [process(
        start(), user("a"), boundary("late", "a", duration="P1D"), user("b"), end(), end("end2"),
        flows="start > a > end; late > b > end2",
    )],
    "boundary timer, not interrupting": [process(
        start(), user("a"), boundary("remind", "a", interrupting=False, duration="P1D"), service("sms", "x/y"), end(),
        end("end2"),
        flows="start > a > end; remind > sms > end2",
    )],
    "two boundary events": [process(
        start(), service("a", "x/y"), boundary("late", "a", duration="P1D"), boundary("stop", "a", message="stop"),
        user("b"), end(), end("end2"), end("end3"),
        flows="start > a > end; late > b > end2; stop > end3",
    )],
    "boundary in a loop": [process(
        start(), gateway("in"), user("a"), boundary("late", "a", duration="P1D"), user("b"), end(),
        flows="start > in > a > end; late > b > in",
    )],
    "sub-process": [process(
        start(), sub("s", start("s1"), user("a"), service("b", "x/y"), end("e1"), flows="s1 > a > b > e1"), user("z"),
        end(), flows="start > s > z > end",
    )],
    "sub-process left by time": [process(
        start(),
        sub("s", start("s1"), gateway("f", "parallel"), user("a"), user("b"), gateway("j", "parallel"), end("e1"),
            flows="s1 > f; f > a > j; f > b > j; j > e1"),
        boundary("late", "s", duration="P7D"), user("z"), end(), end("end2"),
        flows="start > s > end; late > z > end2",
    )],
    "sub-process left by an error": [process(
        start(),
        sub("s", start("s1"), user("a"), gateway("g", default="g-e1"), end("e1"), end("bad", error="REFUSED"),
            flows="s1 > a > g; g > bad [x > 1]; g > e1"),
        boundary("refused", "s", error="REFUSED"), user("z"), end(), end("end2"),
        flows="start > s > end; refused > z > end2",
    )],
    "sub-process in a sub-process": [process(
        start(),
        sub("s", start("s1"),
            sub("t", start("t1"), user("a"), end("bad", error="E1"), flows="t1 > a > bad"),
            boundary("other", "t", error="E2"), user("b"), end("e1"), end("e2"),
            flows="s1 > t > e1; other > b > e2"),
        boundary("caught", "s", error="E1"), user("z"), end(), end("end2"),
        flows="start > s > end; caught > z > end2",
    )],
    "terminate": [process(
        start(), gateway("f", "parallel"), user("a"), user("b"), end("stop", "terminate"), end(),
        flows="start > f; f > a > stop; f > b > end",
    )],
    "terminate in a sub-process": [process(
        start(),
        sub("s", start("s1"), gateway("f", "parallel"), user("a"), user("b"), end("stop", "terminate"), end("e1"),
            flows="s1 > f; f > a > stop; f > b > e1"),
        user("z"), end(), flows="start > s > z > end",
    )],
    "call": [
        process(start(), call("c", "q"), user("z"), end(), flows="start > c > z > end"),
        process(start("q1"), user("a"), end("q2"), id="q", flows="q1 > a > q2"),
    ],
    "two calls at once": [
        process(
            start(), gateway("f", "parallel"), call("c", "q"), call("d", "r"), gateway("j", "parallel"), end(),
            flows="start > f; f > c > j; f > d > j; j > end",
        ),
        process(start("q1"), user("a"), end("q2"), id="q", flows="q1 > a > q2"),
        process(start("r1"), user("b"), end("r2"), id="r", flows="r1 > b > r2"),
    ],
    "call left by an error": [
        process(
            start(), call("c", "q"), boundary("caught", "c", error="E1"), user("z"), end(), end("end2"),
            flows="start > c > end; caught > z > end2",
        ),
        process(start("q1"), user("a"), end("q2", error="E1"), id="q", flows="q1 > a > q2"),
    ],
    "inclusive": [process(
        start(), gateway("f", "inclusive", default="f-c"), user("a"), user("b"), user("c"), gateway("j", "inclusive"),
        user("z"), end(),
        flows="start > f; f > a [x > 1]; f > b [x > 5]; f > c; a > j; b > j; c > j; j > z > end",
    )],
    "messages thrown": [process(
        start(), send("s", "hello", "other", a="1"), send("t", "hello2", "other", tag="intermediateThrowEvent"),
        user("a"), end(), flows="start > s > t > a > end",
    )],
    "everything at once": [process(
        start(), gateway("f", "parallel"),
        sub("s", start("s1"), gateway("e", "eventBased"), catch("m", message="m"), catch("t", duration="PT1H"),
            user("a"), end("e1"), end("e2"), flows="s1 > e; e > m > a > e1; e > t > e2"),
        boundary("stop", "s", message="stop"), user("b"),
        boundary("remind", "b", interrupting=False, duration="PT2H"), service("sms", "x/y"),
        gateway("j", "parallel"), gateway("m2"), end(), end("e3"),
        flows="start > f; f > s > m2; stop > m2; m2 > j; f > b > j; j > end; remind > sms > e3",
    )],
}
# fmt: on

STOCK_ERRS = {"parallel in a loop"}  # its join on a cycle lets a single token pass when branches finish in turn
