"""Long work in the background: a queue in the database, workers, and executors for its parts."""
