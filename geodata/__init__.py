"""Bring the world in: streets, boundaries, tables."""
