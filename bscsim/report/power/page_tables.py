"""The tables of the page by section: numbers with their intervals below, at most two hundred rows each."""

from __future__ import annotations

from bscsim.report.power.cell_table import cells, searches
from bscsim.report.power.fields import NONE, Rows, degrees, first_cell, headings, heads_of, measure, share, view
from bscsim.report.power.numbers import known, plain
from bscsim.report.power.reason_tables import budget, decomposition, levers, promises
from bscsim.report.power.study import Power, analysis_words, mdes_of
from bscsim.report.sweep.page_tables import Field, View
from bscsim.report.words import level

RULES = (("power", "excluded"), ("power_failures_as_misses", "as no rejection"), ("power_fallback", "by cluster t"))
COUNTS = (("asked", "Asked"), ("fitted", "Fitted"), ("converged", "Converged"), ("boundary", "At the boundary"),
          ("failed", "Failed"))  # fmt: skip
SEEN = {
    "centers_treated": "Treated centers with a value", "centers_control": "Control centers with a value",
    "units_treated": "Values in treated centers", "units_control": "Values in control centers",
    "lost_treated": "Treated centers lost (share)", "lost_control": "Control centers lost (share)",
    "withdrawn": "Treated centers that withdrew (share)", "stayed": "Units measured at both waves (share)",
    "var_center": "Variance between centers, untreated", "var_unit": "Variance within centers, untreated",
    "var_center_treated": "Variance between treated centers", "var_unit_treated": "Variance within treated centers",
    "icc": "Intraclass correlation", "cv_size": "CV of values per center",
    "autocorrelation": "Correlation of center means, baseline and wave", "r2": "R² of center means by the covariates",
}  # fmt: skip
TRUTHS = {
    "effect": "True effect", "effect_sd": "True effect (SD)", "measured": "As the instrument measures it",
    "measured_sd": "As the instrument measures it (SD)",
    "spill": "Effect on controls, by contact and staff who move (spill-over)",
    "contrast": "Effect on treated less that on controls: what the trial compares (contrast)",
    "contamination": "Contrast less true effect (contamination bias)",
    "compliers": "In centers that did not withdraw", "last": "At the last wave",
    "scale": "SD of the measured outcome in untreated centers, by which effects are divided",
}  # fmt: skip
CORRECTIONS = {
    "none": "No correction",
    "bonferroni": "Bonferroni",
    "holm": "Holm",
    "benjamini_hochberg": "Benjamini-Hochberg",
}


def views(power: Power) -> dict[str, list[View]]:
    """The tables that have rows, by section of the page."""
    made = {
        "answer": [cells(power)],
        "search": [searches(power)],
        "estimators": [performance(power), details(power), significance(power)],
        "promises": [promises(power), decomposition(power)],
        "cost": [budget(power)],
        "seen": [truths(power), seen(power)],
        "failures": [failures(power)],
        "family": [family(power)],
        "levers": [levers(power)] if power.randomized else [],  # others have no power that a lever could raise
    }
    return {section: [one for one in found if one.rows] for section, found in made.items()}


def performance(power: Power) -> View:
    """Power always beside type I error."""
    rows: Rows = []
    for cell, analysis, one in power.estimates():
        mdes, standard = mdes_of(one)
        found = NONE if mdes is None else Field(f"{level(mdes.mean, 2 if standard else 3)}{' SD' if standard else ''}")
        verdict = Field(str(one.get("size_verdict") or "–"))
        rows.append((heads_of(power, cell, analysis, one), (
            share(one.get("power")), share(one.get("type1_sharp"), 3), share(one.get("type1_average"), 3), verdict,
            share(one.get("size_adjusted_power")), found,
        )))  # fmt: skip
    columns = ("Power", "Type I, sharp null", "Type I, average null", "Its level", "Size-adjusted power", "MDES")
    about = (
        "Power, and beside it how often the test rejects when it should not; the power with the critical value that "
        "would hold the level; the minimum detectable effect (MDES). 95% Monte Carlo interval below."
    )
    return view("performance", "Power and type I error", about, headings(power), columns, rows, "power.csv")


def details(power: Power) -> View:
    """How well each estimator estimates."""
    rows: Rows = []
    for cell, analysis, one in power.estimates():
        rows.append((heads_of(power, cell, analysis, one), (
            *(measure(known(one.get(name))) for name in ("bias", "empirical_se", "model_se")),
            share(one.get("coverage"), 3), share(one.get("coverage_realized"), 3),
        )))  # fmt: skip
    needed = ("bias", "empirical_se", "coverage")
    if not any(known(one.get(name)) for _, _, one in power.estimates() for name in needed):
        rows = []
    columns = ("Bias", "Empirical SE", "Model SE", "Coverage", "Coverage, own centers")
    about = (
        "Bias against the true effect; the SD of the estimates, and what the estimator says of it; how many intervals "
        "hold the true effect, and that of the trial's own centers (more by design, where effects vary)."
    )
    return view("details", "How well the estimators estimate", about, headings(power), columns, rows, "power.csv")


def significance(power: Power) -> View:
    """What a significant estimate is worth."""
    rows: Rows = []
    for cell, analysis, one in power.estimates():
        if any(known(one.get(name)) for name in ("type_s", "type_m")):
            fields = (share(one.get("type_s"), 3), measure(known(one.get("type_m"))), degrees(one.get("mean_df")))
            rows.append((heads_of(power, cell, analysis, one), fields))
    about = (
        "Of the significant estimates: how many have the wrong sign (type S), and how many times too large they are on "
        "average (type M); and the mean degrees of freedom of the test."
    )
    columns = ("Wrong sign (S)", "Times too large (M)", "Degrees of freedom")
    title = "What a significant estimate is worth"
    return view("significance", title, about, headings(power), columns, rows, "power.csv")


def _by_analysis(power: Power, part: str, words: dict[str, str]) -> Rows:
    """A row a name, a column an analysis of the first cell."""
    found = [analysis.get(part) or {} for analysis in power.analyses]
    names = [*words, *dict.fromkeys(name for one in found for name in one if name not in words)]
    rows: Rows = []
    for name in names:
        values = [one.get(name) for one in found]
        fields = tuple(measure(known(v) if isinstance(v, dict) else plain(v)) for v in values)
        if any(field is not NONE for field in fields):
            rows.append(((words.get(name, name.replace("_", " ")),), fields))
    return rows


def truths(power: Power) -> View:
    """The true effect, and what stands between it and the contrast of the trial."""
    words = {**TRUTHS, "sd_centers": "SD of effects between centers", "sd_collaboratives": "SD between collaboratives"}
    about = "In the outcome's unit unless it says SD; mean over replicates, 95% Monte Carlo interval below."
    about += first_cell(power)
    columns = [analysis_words(analysis) for analysis in power.analyses]
    return view("truth", "What is true", about, ("Effect",), columns, _by_analysis(power, "truth", words), "truth.csv")


def seen(power: Power) -> View:
    """Realized numbers, attrition and variances."""
    about = f"At the wave of the analysis; mean over replicates, 95% Monte Carlo interval below.{first_cell(power)}"
    columns = [analysis_words(analysis) for analysis in power.analyses]
    return view("seen", "What was seen", about, ("Number",), columns, _by_analysis(power, "seen", SEEN), "seen.csv")


def failures(power: Power) -> View:
    """Fits that failed, did not converge or ended at the boundary, and power by each rule."""
    rows: Rows = []
    for cell, analysis, one in power.estimates():
        counts = tuple(Field(f"{one[name]:,}") if one.get(name) is not None else NONE for name, _ in COUNTS)
        if any(one.get(name) is not None for name, _ in COUNTS):
            rules = tuple(share(one.get(name)) for name, _ in RULES)
            rows.append((heads_of(power, cell, analysis, one), (*counts, *rules)))
    columns = (*(words for _, words in COUNTS), *(f"Power, failures {words}" for _, words in RULES))
    about = (
        "A fit at the boundary has a variance estimated zero; its degrees of freedom can jump. Failed fits are left "
        "out, counted as no rejection, or replaced by the cluster t: if the three powers differ, failures matter."
    )
    return view("failures", "Failures", about, headings(power), columns, rows, "power.csv")


def family(power: Power) -> View:
    """All analyses together, by correction."""
    rows: Rows = []
    for cell in power.cells:
        found = cell.get("family") or {}
        each = found.get("each") or {}
        null, every = (found.get(name) or {} for name in ("any_rejected_under_null", "all_rejected"))
        for name, words in CORRECTIONS.items():
            if known(found.get(name)) is not None:
                error = null if "value" in null and name == "none" else null.get(name)
                heads = (power.cell_label(cell), words) if power.several_cells else (words,)
                both = share(found[name]), share(every.get(name) if "value" not in every else None)
                alone = [share(one) for one in each.get(name) or ()]
                alone = [*alone, *[NONE] * (len(power.analyses) - len(alone))] if power.analyses else []
                rows.append((heads, (*both, share(error if isinstance(error, dict) else None, 3), *alone)))
    heads = ("Cell", "Correction") if power.several_cells else ("Correction",)
    asked = CORRECTIONS.get(str(power.part("target").get("correction")), "").replace("No correction", "")
    about = (
        "The first estimator of each analysis: share of trials in which at least one is significant, in which all "
        "are, and in which at least one is though nobody is affected (the family-wise error); then the power of each "
        f"with the correction. The study asks for {asked or 'no correction'}."
    )
    columns = ("Any significant", "All significant", "Any, under the null",
               *(f"Power: {analysis_words(analysis)}" for analysis in power.analyses))  # fmt: skip
    return view("family", "All analyses together", about, heads, columns, rows, "family.csv")
