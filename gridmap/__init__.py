"""gridmap: seamless sales cells around own outlets, visit routes and scores."""
