"""The benchmark: how fast the pages, the API, receipts and imports are, beside raw SQLite and a bare Flask app.

Everything is measured in one run on one machine: the app as `make run` serves it, on the demonstration, over loopback.
Absolute figures change with the machine and with what else it does; the ratios are what to compare.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import report
from bench.measuring import Bench
from bench.serving import ROOT, BenchError

RESULTS = ROOT / "bench" / "results.json"


def main() -> int:
    """Measure, print, write bench/results.json. 1 where something could not be measured."""
    parser = argparse.ArgumentParser(description="Measure Relais beside raw SQLite and bare Flask.")
    parser.add_argument("--quick", action="store_true", help="fewer tries: for a look while working")
    parser.add_argument("--no-postgresql", action="store_true", help="SQLite alone")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables for a document too")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="relais-bench-", dir="/tmp"))  # a socket's path must be short
    begun = time.perf_counter()
    bench = Bench(
        folder, 12 if options.quick else 40, say=lambda words: print(f"  {words} ...", file=sys.stderr)
    )
    try:
        bench.measure(postgresql=not options.no_postgresql)
    except BenchError as fault:
        print(f"bench: {fault}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bench.facts["seconds"] = round(time.perf_counter() - begun, 1)
    print(report.tables(bench, report.plain))
    RESULTS.write_text(json.dumps(report.as_json(bench), indent=1) + "\n", encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(report.tables(bench, report.markdown), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
