"""The small one of `make chaos`: a few orders, three kills, no clock moved."""

from tests.chaos import plans
from tests.chaos.run import Run, Setup

FEW = Setup(
    orders=6,
    kills=3,
    least=1,
    abreast=6,
    people=6,
    lots=3,
    days=(),
    kinds=plans.QUICK,
    weights={plans.PAYS: 4, plans.PAYS_TWICE: 1, plans.ABANDONS: 1},
    ways={"commit worker": 1, "web": 1, "valkey": 1},
    fates=False,
)


def test_orders_survive_the_death_of_what_carries_them() -> None:
    result = Run(FEW)()
    assert {name: result[name] for name in ("orders", "kills", "lost", "doubled", "stuck")} == {
        "orders": 6, "kills": 3, "lost": 0, "doubled": 0, "stuck": 0,
    }  # fmt: skip
    assert result["least_in_flight"] >= 1
