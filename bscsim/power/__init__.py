"""Power studies: trials simulated many times, block by block, until what was asked is known.

An *arm* is a trial with all its settings (a cell of the study, a variant of one, a value that is searched); its
replicates are computed in blocks by the runner of :mod:`bscsim.sweeps`, and stages say which blocks come next.
"""
