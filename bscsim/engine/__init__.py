"""Scheduler 2: the same rules compiled over arrays, for thousands of replicates.

Read :mod:`~bscsim.engine.kernel` first: the order of a step and of a run.  It calls one file a process
(:mod:`~bscsim.engine.turnover`, :mod:`~bscsim.engine.market`, :mod:`~bscsim.engine.arriving`,
:mod:`~bscsim.engine.seating`, :mod:`~bscsim.engine.enrolling`, :mod:`~bscsim.engine.stock`,
:mod:`~bscsim.engine.events`, :mod:`~bscsim.engine.testing`, :mod:`~bscsim.engine.working`,
:mod:`~bscsim.engine.observing` with :mod:`~bscsim.engine.averaging`), which call the rules of :mod:`bscsim.rules` and
hold no equation of their own.

What they share: :mod:`~bscsim.engine.state` (the arrays), :mod:`~bscsim.engine.groups` (centers that can meet),
:mod:`~bscsim.engine.inputs` (a scenario as numbers), :mod:`~bscsim.engine.rows` and :mod:`~bscsim.engine.ordering`
(loops).  How it is run: :mod:`~bscsim.engine.run` (blocks on threads), :mod:`~bscsim.engine.burnin` (states that
scenarios share).  How it is compiled: :mod:`~bscsim.engine.compiling`, :mod:`~bscsim.engine.inlining`,
:mod:`~bscsim.engine.linking`.

All of it is plain Python: with ``NUMBA_DISABLE_JIT=1`` it runs, slowly, under a debugger.  Four habits keep it fast.
Arguments are few (a State is ten arrays, not fifty).  Nothing is allocated, so references need not be counted.  A loop
over a row reads and writes few arrays, or the compiler cannot tell them apart and does not vectorise.  What is rare is
listed first and done in a loop of its own, or the rare case's addresses are computed for everybody.
"""
