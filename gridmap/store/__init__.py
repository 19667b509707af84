"""The memory: territories and scenarios in SQLite or PostgreSQL."""
