"""Travel times on the street network."""
