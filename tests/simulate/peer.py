"""GrowthBook's gbstats on the same draws, beside our answers; without its environment, nothing is answered."""

import atexit
import json
import os
import subprocess
from functools import cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "build" / "gbstats" / "bin" / "python"
SIDE = Path(__file__).with_name("gbstats_side.py")


def is_here():
    return PYTHON.exists()


def directions(measure, pairs):
    """1 better, -1 worse, 0 neither, at p < .05; and whether its interval of the lift reaches from low to high."""
    answers = np.array(ask("tested", measure, pairs)).reshape(len(pairs), 4)
    return np.sign(answers[:, 1]) * (answers[:, 0] < 0.05), answers[:, 2:]


def chances(measure, pairs):
    return np.array(ask("chances", measure, pairs))


def ask(what, measure, pairs):
    process = _process(os.getpid())
    process.stdin.write(json.dumps({"ask": what, "measure": measure, "pairs": pairs}) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


@cache
def _process(_):
    """One for each worker, by its process id: it takes a second to begin, and a fork must not share its parent's."""
    process = subprocess.Popen([str(PYTHON), str(SIDE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.stdin.close)
    return process
