"""How a center changes: pure scalar functions, one file a process.

Floats and integers in, floats out; nothing here knows agents, arrays or files.  The Mesa model calls these
functions as they stand and a compiler may compile them as they stand, which is why they use ``+ - * /``,
comparisons and the few functions of :mod:`bscsim.rules.operators` only, and why integers stay below 2**63.
"""
