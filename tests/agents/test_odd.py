"""The model description: its tables are current, every name in it exists, and its example runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bscsim.rules
from bscsim.agents import odd
from bscsim.agents.center import Center
from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.labour_market import LabourMarket
from bscsim.agents.staff import Staff
from bscsim.agents.team import Team
from bscsim.record.measures import MEASURES
from bscsim.rules import draws
from bscsim.scenario.parameters import table
from bscsim.scenario.scenario import Scenario

TEXT = odd.ODD.read_text(encoding="utf-8")
EQUATIONS = [f"E{number}" for number in range(1, 18)]
RULES = {
    info.name: importlib.import_module(f"bscsim.rules.{info.name}")
    for info in pkgutil.iter_modules(bscsim.rules.__path__)
}
AGENTS = {agent.__name__: agent for agent in (Center, CollaborativeModel, LabourMarket, Staff, Team)}
PUBLIC_RULES = sorted(
    f"{name}.{function}"
    for name, module in RULES.items()
    for function, value in vars(module).items()
    if inspect.isfunction(value) and value.__module__ == module.__name__ and not function.startswith("_")
)


def names_after(owners: dict[str, object], text: str = TEXT) -> list[tuple[str, str]]:
    """All `owner.name` in code marks or code blocks whose owner is one of these."""
    pattern = rf"(?<![\w./])({'|'.join(owners)})\.(\w+)(?!\w*[/.]\w)"
    return sorted(set(re.findall(pattern, text)))


def known(owner: str, held: object) -> list[str]:
    """What may follow `owner.`: its attributes, its file's ending and, of a group of settings, the settings."""
    group = Scenario.model_fields.get(owner)
    return [*dir(held), "py", *(type(group.default).model_fields if group else ())]


def section(title: str) -> str:
    """The text of a section, from its heading to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\b.*?$(.*?)(?=^#+ )", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"ODD.md has no section {title}"
    return found.group(1)


def test_the_tables_are_current() -> None:
    assert odd.renewed(TEXT) == TEXT, "run: python -m bscsim.agents.odd"


def test_a_stale_table_is_seen_and_refreshed(tmp_path: Path) -> None:
    copy = tmp_path / "ODD.md"
    copy.write_text(TEXT.replace("| `turn_new` | 2 |", "| `turn_new` | 3 |"), encoding="utf-8")
    assert copy.read_text(encoding="utf-8") != TEXT
    assert odd.refresh(copy)
    assert copy.read_text(encoding="utf-8") == TEXT
    assert not odd.refresh(copy)


def test_it_runs_as_a_script(tmp_path: Path) -> None:
    copy = tmp_path / "ODD.md"
    copy.write_text(TEXT.replace("| `turn_new` | 2 |", "| `turn_new` | 3 |"), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "bscsim.agents.odd", str(copy)], check=True, cwd=odd.ODD.parents[2])
    assert copy.read_text(encoding="utf-8") == TEXT


BEGIN, END = "<!-- status: begin -->", "<!-- status: end -->"


@pytest.mark.parametrize("wrong", [
    "no markers", TEXT + BEGIN + END, TEXT.replace(BEGIN, "").replace(END, END + BEGIN),
], ids=["missing", "doubled", "turned"])
def test_missing_doubled_or_turned_markers_are_an_error(wrong: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        odd.renewed(wrong)


def test_every_parameter_measure_and_stream_is_in_the_tables() -> None:
    for name in [row.name for row in table()] + [row.name for row in MEASURES] + list(draws.STREAMS):
        assert f"| `{name}` |" in TEXT


def test_the_streams_described_are_those_registered() -> None:
    assert sorted(odd.STREAM_KEYS) == sorted(draws.STREAMS)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_every_equation_has_a_section_that_names_the_rules_that_hold_it(equation: str) -> None:
    named = [f"{module}.{name}" for module, name in names_after(RULES, section(equation))]
    assert set(named) & set(PUBLIC_RULES)


def test_no_equation_is_mentioned_that_does_not_exist() -> None:
    sources = [*sorted(odd.ODD.parents[1].glob("rules/*.py")), *sorted(odd.ODD.parent.glob("*.py"))]
    text = TEXT + "".join(path.read_text(encoding="utf-8") for path in sources)
    assert sorted(set(re.findall(r"\bE\d+\b", text)), key=lambda name: int(name[1:])) == EQUATIONS


def test_every_rule_and_method_named_exists() -> None:
    for owners in (RULES, AGENTS):
        for owner, name in names_after(owners):
            assert name in known(owner, owners[owner]), f"ODD.md names {owner}.{name}, which does not exist"


def test_every_rule_is_named() -> None:
    named = {f"{module}.{name}" for module, name in names_after(RULES)}
    assert [rule for rule in PUBLIC_RULES if rule not in named] == []


def test_the_seven_elements_are_there_in_order() -> None:
    titles = re.findall(r"^## (\d)\. (.+)$", TEXT, re.MULTILINE)
    assert [title for number, title in titles if int(number) <= 7] == [
        "Purpose and patterns", "Entities, state variables and scales", "Process overview and scheduling",
        "Design concepts", "Initialization", "Input data", "Submodels",
    ]
    concepts = re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\*", section("4. Design concepts"), re.MULTILINE)
    assert concepts == [
        "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing", "Interaction",
        "Stochasticity", "Collectives", "Observation",
    ]


def test_the_example_of_an_extension_runs() -> None:
    block = re.search(r"^```python\n(.*?)^```$", section("10. Extending the model"), re.MULTILINE | re.DOTALL)
    assert block
    example = doctest.DocTestParser().get_doctest(block.group(1), {}, "ODD.md", str(odd.ODD), 0)
    assert len(example.examples) > 8
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example).failed == 0


def test_a_reader_needs_no_other_file_of_the_project() -> None:
    assert "../" not in TEXT
    assert "model.md" not in TEXT
