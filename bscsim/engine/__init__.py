"""Scheduler 2: the same rules compiled over arrays, for thousands of replicates."""
