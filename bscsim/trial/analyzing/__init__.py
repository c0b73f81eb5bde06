"""From what was measured to estimates: the analyses of a trial, in the treated world and in the twin.

:func:`bscsim.trial.analyzing.analysis.analyze` takes the units of one outcome in one world;
:func:`bscsim.trial.analyzing.compute.compute` makes replicates of a trial and analyzes them, from either truth.
"""
