"""Show plans in the browser."""
