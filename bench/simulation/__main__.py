"""Compare the policies over many worlds: a table, and bench/simulation.json."""

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench.simulation import report
from bench.simulation.engine import Result, run
from bench.simulation.policies import PLAIN, POLICIES
from bench.simulation.world import Size, build

RESULTS = Path(__file__).resolve().parent.parent / "simulation.json"


def main() -> int:
    """Simulate, print, write."""
    parser = argparse.ArgumentParser(
        prog="make simulate", description="Our rules beside a plain minimum/maximum."
    )
    parser.add_argument("--seeds", type=int, default=20, help="worlds for each policy (20)")
    parser.add_argument("--parts", type=int, default=6, help="worlds to show what each part is worth (6)")
    parser.add_argument("--items", type=int, default=Size().items, help="items (30)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one for each core)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables for a document too")
    options = parser.parse_args()
    size = Size(items=options.items)
    begun = time.perf_counter()
    tasks = [
        (number, seed, size)
        for number, policy in enumerate(POLICIES)
        for seed in range(1, (options.seeds if policy.beside == PLAIN.name else options.parts) + 1)
    ]
    found: dict[str, list[Result]] = {}
    with ProcessPoolExecutor(max_workers=options.jobs) as pool:
        for (number, seed, _), result in zip(tasks, pool.map(_one, tasks), strict=True):
            found.setdefault(POLICIES[number].name, []).append(result)
            print(f"\r  {POLICIES[number].name}: {seed}".ljust(70), end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    beside = {policy.name: policy.beside for policy in POLICIES}
    print(report.tables(found, beside))
    facts = {
        "items": size.items,
        "days": size.days - size.warm_up,
        "seconds": round(time.perf_counter() - begun, 1),
    }
    told = json.dumps(report.as_json(found, beside, facts), indent=1)
    RESULTS.write_text(told + "\n", encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(report.tables(found, beside, document=True), encoding="utf-8")
    return 0


def _one(task: tuple[int, int, Size]) -> Result:
    number, seed, size = task
    world = build(seed, size)
    return run(world, POLICIES[number].make(world))


if __name__ == "__main__":
    raise SystemExit(main())
