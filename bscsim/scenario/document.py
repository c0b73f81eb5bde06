"""A YAML file as a tree in which every value knows where it stands.

YAML 1.2: ``1e-3`` is a number and ``no`` a word. Study files are data: aliases, tags and directives are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bscsim.scenario.faults import Fault, InputError

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

Scalar = str | int | float | bool | None

_CORE: Final = "tag:yaml.org,2002:"
_AS_TEXT: Final = ("str", "timestamp", "merge")  # a date is no setting, and 1.2 has no merge keys


@dataclass(frozen=True, slots=True)
class Item:
    """A value of a study: a scalar, a list of items or a dict of items.

    ``place`` is that of the value and ``key_place`` that of its key (``file:line:column`` or ``--set path=value``),
    ``layer`` says what set it, ``text`` how a scalar was typed.
    """

    value: Any
    place: str
    key_place: str
    layer: str
    text: str = ""

    def child(self, key: str | int) -> Item | None:
        """Return the item under a key or index, or None."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            inner: Item = self.value[key]
            return inner
        return None

    def plain(self) -> Any:
        """Return the value as dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: inner.plain() for key, inner in self.value.items()}
        if isinstance(self.value, list):
            return [inner.plain() for inner in self.value]
        return self.value

    def shown(self) -> str:
        """Return the value as a message quotes it: short, on one line."""
        if isinstance(self.value, dict | list):
            return "a mapping" if isinstance(self.value, dict) else "a list"
        if self.value is None:
            return "nothing"
        text = "".join(character if character.isprintable() else " " for character in self.text)
        text = " ".join(text.split())
        text = text if len(text) <= 40 else text[:37] + "..."
        return f"'{text}'" if isinstance(self.value, str) else text


def item_of(value: Any, layer: str) -> Item:
    """Return plain data as items that stand in no file.

    >>> item_of({"a": [1, 2]}, "default").plain()
    {'a': [1, 2]}
    """
    if isinstance(value, dict):
        value = {key: item_of(inner, layer) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [item_of(inner, layer) for inner in value]
    return Item(value, "", "", layer, str(value))


def read_text(path: Path) -> str:
    """Return the text of a file; raises InputError if it is missing, no file, empty, or not UTF-8."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError([Fault(str(path), "", _why_unread(path, error))]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        problem = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise InputError([Fault(f"{path}:{line}:{column}", "", problem)]) from None
    if not text.strip():
        raise InputError([Fault(f"{path}:1:1", "", "the file is empty; a study begins with kind: scenario")])
    return text


def _why_unread(path: Path, error: OSError) -> str:
    if path.is_dir():
        return "is a folder, not a file"
    if path.exists():
        return f"cannot be read: {error.strerror}"
    import difflib

    here = sorted(file.name for file in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, here, n=1, cutoff=0.75)
    return "no such file" + (f"; did you mean {path.parent / near[0]}?" if near else "")


def parse(text: str, label: str, layer: str) -> tuple[Item | None, list[Fault]]:
    """Parse YAML text into items; ``label`` is the file in places.

    Returns (None, faults) if the text is no YAML or holds nothing. Duplicate keys are faults, with both places; the
    first counts.

    >>> item, faults = parse("calendar: {ends: 16}", "study.yaml", "file")
    >>> item.child("calendar").child("ends").place, faults
    ('study.yaml:1:18', [])
    """
    if text.startswith("%"):
        return None, [Fault(f"{label}:1:1", "", "directives (%) are not supported; YAML 1.2 is read")]
    node, faults = _compose(text, label)
    if node is None:
        return None, faults
    faults = list(_aliases(text, label)) if "*" in text else []
    if faults:
        return None, faults
    builder = _Builder(label, layer)
    return builder.item(node, builder.place(node), ""), builder.faults


def _compose(text: str, label: str) -> tuple[Node | None, list[Fault]]:
    """Read the node tree, or the one fault at which the parser stopped."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        return YAML(typ="safe", pure=True).compose(text), []  # composed, never constructed
    except MarkedYAMLError as error:
        if open_at := _never_closed(error):
            line, column, what = open_at
            return None, [Fault(f"{label}:{line}:{column}", "", f"not valid YAML: {what}")]
        mark = error.problem_mark or error.context_mark
        where = f"{label}:{mark.line + 1}:{mark.column + 1}" if mark else label
        context = f"{error.context}: " if error.context else ""
        return None, [Fault(where, "", f"not valid YAML: {context}{error.problem}")]
    except ReaderError as error:
        before = text[: error.position]
        where = f"{label}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        return None, [Fault(where, "", f"not valid YAML: the character {text[error.position]!r} is not allowed")]
    except (YAMLError, RecursionError, ValueError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        return None, [Fault(f"{label}:1:1", "", f"not valid YAML: {problem}")]


def _never_closed(error: MarkedYAMLError) -> tuple[int, int, str] | None:
    """Return where a list or mapping in brackets begins that the parser did not find the end of, and what to do."""
    begins, stopped = error.context_mark, error.problem_mark
    brackets = {"while parsing a flow sequence": ("list", "]"), "while parsing a flow mapping": ("mapping", "}")}
    if begins is None or stopped is None or error.context not in brackets:
        return None
    what, bracket = brackets[error.context]
    problem = f"the {what} that begins here needs a comma or its closing {bracket} before line {stopped.line + 1}, " \
              f"column {stopped.column + 1}"
    return begins.line + 1, begins.column + 1, problem


def _aliases(text: str, label: str) -> Iterator[Fault]:
    """Aliases would let a small file stand for a huge one, or for one that holds itself."""
    from ruamel.yaml import YAML
    from ruamel.yaml.events import AliasEvent

    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            mark = event.start_mark
            yield Fault(f"{label}:{mark.line + 1}:{mark.column + 1}", "",
                        f"the alias *{event.anchor} is not supported; write the value again, or use base")


@dataclass(slots=True)
class _Builder:
    """Turns nodes into items, and collects what is wrong with them."""

    label: str
    layer: str
    faults: list[Fault] = field(default_factory=list)

    def place(self, node: Node) -> str:
        return f"{self.label}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"

    def item(self, node: Node, key_place: str, path: str) -> Item:
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

        value: Any
        text = ""
        if isinstance(node, MappingNode):
            value = self.mapping(node, path)
        elif isinstance(node, SequenceNode):
            value = [self.item(inner, self.place(inner), f"{path}.{index}") for index, inner in enumerate(node.value)]
        else:
            assert isinstance(node, ScalarNode)  # there are three kinds of nodes
            value, text = self.scalar(node, path), str(node.value)
        return Item(value, self.place(node), key_place, self.layer, text)

    def mapping(self, node: MappingNode, path: str) -> dict[str, Item]:
        from ruamel.yaml.nodes import ScalarNode

        found: dict[str, Item] = {}
        for key_node, value_node in node.value:
            where = self.place(key_node)
            if not isinstance(key_node, ScalarNode):
                self.faults.append(Fault(where, path, "a name must be a word, not a list or mapping"))
                continue
            key = str(key_node.value)
            inner_path = f"{path}.{key}" if path else key
            if key in found:
                problem = f"stands here a second time; it is already at {found[key].key_place}"
                self.faults.append(Fault(where, inner_path, problem))
                continue
            found[key] = self.item(value_node, where, inner_path)
        return found

    def scalar(self, node: ScalarNode, path: str) -> Scalar:
        tag = str(node.tag)
        kind = tag.removeprefix(_CORE)
        text = str(node.value)
        try:
            if kind in _AS_TEXT:
                return text
            if kind == "int":
                return _integer(text)
            if kind == "float":
                return _float(text)
            if kind == "bool":
                return text.lower() == "true"
            if kind == "null":
                return None
        except ValueError:
            self.faults.append(Fault(self.place(node), path, f"'{text[:40]}' is no number"))
            return None
        self.faults.append(Fault(self.place(node), path, f"the tag {tag} is not supported"))
        return None


def _integer(text: str) -> int:
    """Read a YAML integer: decimal (also with a leading 0), 0o17, 0x1f or 0b1.

    >>> _integer("017"), _integer("0o17"), _integer("-0x1f"), _integer("1_000")
    (17, 15, -31, 1000)
    """
    digits = text.replace("_", "")
    base = {"0o": 8, "0x": 16, "0b": 2}.get(digits.lstrip("+-")[:2].lower(), 10)
    return int(digits, base)


def _float(text: str) -> float:
    """Read a YAML float, also ``.inf`` and ``.nan`` (which no setting accepts)."""
    digits = text.replace("_", "").lower()
    return float(digits.replace(".inf", "inf").replace(".nan", "nan"))
