"""Draws one edit when imported, so that processes forked afterwards have their kernels loaded."""

import numpy as np

from benchmarks.store_case import SquareTown
from benchmarks.store_editor import random_edit
from gridmap.partition.redraw import draw

_town = SquareTown(2, 3)
random_edit(
    np.random.default_rng(0),
    draw(_town.ground(), _town.label, dict(enumerate(_town.centres.tolist()))),
)
