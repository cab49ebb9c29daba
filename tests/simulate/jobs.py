"""Many made-up tests over all cores; what comes out depends on the seed alone, not on how many cores there were."""

from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any
from zlib import crc32

import numpy as np
from tqdm import tqdm

CHUNKS = 16
SEED = 20260302


@dataclass(frozen=True)
class Job:
    """measure(setting, draws, random) gives arrays by name, one entry a draw; chunks of them are put together."""

    name: str
    measure: Callable[..., dict[str, Any]]
    setting: Any
    draws: int


def run(jobs, *, seed=SEED, workers=2):
    """By the job's name: arrays by name."""
    chunks = [chunk for job in jobs for chunk in _chunks(job, seed)]
    found = {job.name: [] for job in jobs}
    # fork: each worker has Django and all imports from the start.
    with get_context("fork").Pool(workers) as pool:
        for name, seen in tqdm(pool.imap(_measured, chunks), total=len(chunks), desc="simulating", disable=None):
            found[name].append(seen)
    return {name: _joined(parts) for name, parts in found.items()}


def _chunks(job, seed):
    sizes = [job.draws // CHUNKS + (place < job.draws % CHUNKS) for place in range(CHUNKS)]
    return [(job, size, (seed, crc32(job.name.encode()), place)) for place, size in enumerate(sizes) if size]


def _measured(chunk):
    job, draws, seed = chunk
    return job.name, job.measure(job.setting, draws, np.random.default_rng(seed))


def _joined(parts):
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
