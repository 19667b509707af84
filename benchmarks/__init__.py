"""Runners against public instances; not part of the distribution."""
