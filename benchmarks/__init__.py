"""Runners that measure gridmap against its peers; each prints its command, machine and seed."""
