"""Write plans to files."""
