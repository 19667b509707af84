"""Loaded before any test module: gridmap must come before GDAL, as it does for a user."""

import os

import gridmap

assert gridmap.__version__

# No test, and no program that one starts, keeps networks in the user's folders.
os.environ["GRIDMAP_CACHE_DIR"] = ""
