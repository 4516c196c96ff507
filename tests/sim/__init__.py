"""Whole histories of tills, Backoffice and tax office in one process, one thread and virtual time (sync.md §10)."""
