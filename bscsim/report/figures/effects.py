"""Figure: how differently centers gain, by the true effect on each center's teachers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bscsim.report.figures.style import BLUE, INK, ORANGE, SOFT, new_figure, note
from bscsim.report.words import level, percent, replicates_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bscsim.report.reading import Reading

NAME = "effects"
TITLE = "True effects of the centers"
LARGE = 0.5


def center_effects(reading: Reading, month: int) -> NDArray[np.float64]:
    """True effect on teacher practice (SD) of every enrolled center and replicate at one wave, withdrawn included."""
    values = reading.center_effects(month)[reading.enrolled]
    return np.asarray(values[np.isfinite(values)])


def draw(reading: Reading) -> Figure:
    """One histogram a wave over a shared axis, the mean and zero marked."""
    waves = shown_waves(reading)
    values = [center_effects(reading, month) for month in waves]
    figure = new_figure(0.95 + 1.15 * len(waves))
    panels = figure.subplots(len(waves), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    everything = np.concatenate(values) if values else np.zeros(0)
    low, high = limits(everything)
    bins = np.arange(low, high + 0.05, 0.1)
    for axes, month, effects in zip(panels, waves, values, strict=True):
        draw_wave(axes, effects, bins)
        axes.set_title(wave_words(reading, month))
    panels[-1].set_xlabel("True effect on the center's teachers (SD of teacher practice)")
    note(figure, source(reading))
    return figure


def shown_waves(reading: Reading) -> list[int]:
    """The later waves, or the first three and the last if there are more than four."""
    waves = reading.later_waves
    return waves if len(waves) <= 4 else [*waves[:3], waves[-1]]


def limits(values: NDArray[np.float64]) -> tuple[float, float]:
    """Ends of the axis on tenths; the outermost half percent on each side is drawn in the last bars."""
    if values.size == 0:
        return -1.0, 1.0
    low, high = np.percentile(values, [0.5, 99.5])
    return min(-0.3, float(np.floor(low * 10) / 10)), max(0.8, float(np.ceil(high * 10) / 10))


def draw_wave(axes: Axes, values: NDArray[np.float64], bins: NDArray[np.float64]) -> None:
    """Histogram in percent of centers, with the mean and three shares in words."""
    if values.size == 0:
        axes.text(0.5, 0.5, "no center", transform=axes.transAxes, ha="center", color=SOFT)
        return
    weights = np.full(values.size, 100 / values.size)
    axes.hist(np.clip(values, bins[0], bins[-1] - 1e-9), bins=list(bins), weights=weights, color=BLUE, alpha=0.7,
              edgecolor="white", lw=0.6)  # fmt: skip
    axes.axvline(0, color=INK, lw=0.8)
    axes.axvline(float(values.mean()), color=ORANGE, lw=1.6, ls=(0, (4, 2)))
    axes.set_ylabel("% of centers")
    axes.set_xlim(bins[0] - 0.03, bins[-1] + 0.42 * (bins[-1] - bins[0]))  # room for the words
    text = (
        f"mean {level(float(values.mean()))} (dashed), SD {level(float(values.std()))}\n"
        f"{percent(float(np.mean(values > LARGE)))} gain more than {LARGE} SD\n{percent(float(np.mean(values < 0)))} "
        "stand lower than without it"
    )
    axes.text(0.995, 0.95, text, transform=axes.transAxes, ha="right", va="top", fontsize=8, linespacing=1.4)


def wave_words(reading: Reading, month: int) -> str:
    """Name a wave by its distance from the end."""
    after = month - reading.calendar.ends
    if after == 0:
        return f"End of the collaborative (month {month})"
    return f"{abs(after)} months {'after' if after > 0 else 'before'} the end (month {month})"


def source(reading: Reading) -> str:
    """What one observation is."""
    return (
        f"One observation: one enrolled center in one of {replicates_words(reading)}; the center's teachers at the "
        "wave against the same center\nwithout the collaborative. Part of the spread is that a center has few teachers."
    )


def caption(reading: Reading) -> str:
    """What to see: the mean hides centers that gain much and centers that gain nothing."""
    wave = reading.main_wave
    values = center_effects(reading, wave) if wave is not None else np.zeros(0)
    if values.size == 0:
        return "No center has an effect to show."
    low, high = np.percentile(values, [10, 90])
    return (
        f"At month {wave} eight in ten centers lie between {level(float(low))} and {level(float(high))} SD around a "
        f"mean of {level(float(values.mean()))}. A center can stand lower than it would without the collaborative by "
        "chance alone: who leaves and who is hired differs between the two worlds."
    )
