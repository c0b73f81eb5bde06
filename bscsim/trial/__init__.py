"""Trials on top of the truth: who is recruited, who is measured when, how it is analyzed, how often that succeeds."""
