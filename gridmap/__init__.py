"""gridmap: seamless sales cells around own outlets, visit routes and scores."""

__version__ = "0.1.0"
