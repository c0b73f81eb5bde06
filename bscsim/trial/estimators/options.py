"""Options of estimators that are words."""

from __future__ import annotations


def check_word(name: str, word: str, offered: tuple[str, ...]) -> None:
    """Raise ValueError unless the word is one of those offered.

    >>> check_word("method", "ml", ("reml", "ml"))
    """
    if word not in offered:
        raise ValueError(f"{name} is {word!r}; it must be one of {', '.join(offered)}")
