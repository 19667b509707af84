"""Work for the tests of executors, in a module so that other processes find it."""

import os
import signal
from pathlib import Path

import numpy as np

from gridmap.errors import InputError, fault


def square(number: int) -> bytes:
    """A pure function of its part."""
    return np.random.default_rng(number).random(4).tobytes() + bytes([number * number % 251])


def square_after_deaths(part: tuple[int, str, int]) -> bytes:
    """As `square`, but the first process that works on a marked part dies in the middle."""
    number, folder, deaths = part
    for death in range(deaths):
        try:
            (Path(folder) / f"died-{number}-{death}").touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number)


def refuse(number: int) -> bytes:
    if number == 2:
        raise InputError(fault("jobs.lacking", name="x"))
    return square(number)
