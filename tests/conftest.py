"""Settings of all tests: Hypothesis judges what code does, not how fast a busy machine does it."""

from hypothesis import settings

settings.register_profile("bscsim", deadline=None, derandomize=True)
settings.load_profile("bscsim")
