"""Loaded before any test module: gridmap must come before GDAL, as it does for a user."""

import gridmap

assert gridmap.__version__
