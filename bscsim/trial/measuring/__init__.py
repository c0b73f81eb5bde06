"""What a study sees of the model's centers, and what was so: measurement of both worlds, and true effects."""

from bscsim.trial.measuring.scale import Scale, needs_scale, scale_of
from bscsim.trial.measuring.taking import measure
from bscsim.trial.measuring.truth import truths

__all__ = ["Scale", "measure", "needs_scale", "scale_of", "truths"]
