"""`make chaos`: orders against misbehaving institutions while parts of the product are killed.

    ORDERS=300 KILLS=26 APPLICATIONS=120 SEED=1 KEEP=1 python -m tests.chaos

Prints progress to stderr and one JSON object as its last line; ends with 1 unless nothing was lost, doubled or stuck,
and every kill found enough orders, later applications, in flight.
"""

import json
import os
import signal
import sys

from tests.chaos.run import Run, Setup


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left behind
    environment = os.environ
    orders = int(environment.get("ORDERS", "300"))
    setup = Setup(
        orders=orders,
        kills=int(environment.get("KILLS", str(max(3, orders * 26 // 300)))),
        applications=(applications := int(environment.get("APPLICATIONS", str(orders * 2 // 5)))),
        application_kills=max(2, applications // 15),
        seed=int(environment.get("SEED", "1")),
        least=min(20, orders // 4),
        abreast=min(45, orders),
        keep=bool(environment.get("KEEP")),
    )
    result = Run(setup)()
    print(json.dumps(result), flush=True)
    wanted = result["orders"] == setup.orders and result["kills"] >= setup.kills
    wanted = wanted and result["application_kills"] >= setup.application_kills
    return 0 if wanted and not (result["lost"] or result["doubled"] or result["stuck"]) else 1


if __name__ == "__main__":
    sys.exit(main())
