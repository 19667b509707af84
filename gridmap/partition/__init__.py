"""Cut a territory into cells."""
