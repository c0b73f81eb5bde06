"""Studies of many cells: designs of experiments, the runner that survives what happens to it, and what came out.

A study file's block (:mod:`bscsim.sweeps.reading`) becomes a :class:`~bscsim.sweeps.design.Design`: cells that differ
from a base scenario by the levels of factors.  A :class:`~bscsim.sweeps.layout.Layout` cuts cells into blocks of
replicates, the :class:`~bscsim.sweeps.running.Runner` has them computed by threads or a cluster and keeps each in a
file of the :mod:`~bscsim.sweeps.store`, a :class:`~bscsim.sweeps.sheet.Sheet` reads the responses, and
:mod:`bscsim.sweeps.summary` compares them.
"""
