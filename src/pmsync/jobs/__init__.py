"""When rounds run."""
