"""How large, how small an effect, and what for the money: one file a question.

A search asks and is told: it never makes replicates itself, so whoever runs it can stop it, and replay what it was
told.
"""
