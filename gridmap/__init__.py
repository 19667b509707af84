"""gridmap: seamless sales cells around own outlets, visit routes and scores."""

import os

# GDAL's virtual format lets a file name others to be read; it can only be switched off before
# GDAL is loaded, so here, before any other module.
os.environ.setdefault("OGR_SKIP", "OGR_VRT")

__version__ = "0.1.0"
