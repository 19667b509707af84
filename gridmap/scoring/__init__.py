"""Score cells: competitive position and channel coverage."""
