"""Simulate, print the table, and write it and its pictures into the docs."""

import argparse
import sys
from time import perf_counter

import numpy as np

from tests.simulate import document, speed
from tests.simulate.findings import table
from tests.simulate.jobs import SEED, run
from tests.simulate.lines import SECTIONS
from tests.simulate.lines import speed as speed_lines
from tests.simulate.pictures import pictures
from tests.simulate.settings import jobs

QUICK = 0.01


def main():
    asked = _arguments()
    began = perf_counter()
    timed = speed.measured(np.random.default_rng(asked.seed))
    seen = run(jobs(QUICK if asked.quick else 1.0), seed=asked.seed, workers=asked.workers)
    sections = {name: list(section(seen)) for name, section in SECTIONS.items()} | {"speed": list(speed_lines(timed))}
    for name, findings in sections.items():
        print(f"\n{name}\n\n{table(findings)}")
    if not asked.quick:
        document.PAGE.write_text(document.written(document.PAGE.read_text(), sections))
        for name, picture in pictures(seen).items():
            (document.IMAGES / name).write_text(picture)
    missed = [one for findings in sections.values() for one in findings if one.holds == "**no**"]
    print(f"\n{len(missed)} bounds missed; seed {asked.seed}, {perf_counter() - began:.0f} s")
    for one in missed:
        print(" ", " | ".join(one.cells))
    return 1 if missed and not asked.quick else 0


def _arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.simulate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the draws, and nothing is written")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
