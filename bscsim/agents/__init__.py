"""Scheduler 1: the rules as Mesa agents, to read, watch and extend (see ODD.md)."""
