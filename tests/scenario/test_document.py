"""YAML 1.2 as a tree of places, and what is refused before anything is looked at."""

from __future__ import annotations

import math

import pytest

from bscsim.scenario.document import parse, read_text
from bscsim.scenario.faults import InputError


def read(text: str):
    item, faults = parse(text, "f.yaml", "file")
    assert faults == []
    return item


def refused(text: str) -> list[str]:
    return [str(fault) for fault in parse(text, "f.yaml", "file")[1]]


@pytest.mark.parametrize(("text", "value"), [
    ("1", 1), ("-3", -3), ("017", 17), ("0o17", 15), ("0x1F", 31), ("1_000", 1000), ("1e-3", 0.001), ("1.0", 1.0),
    ("-.5", -0.5), (".inf", math.inf), ("-.INF", -math.inf), ("true", True), ("False", False), ("no", "no"),
    ("yes", "yes"), ("~", None), ("null", None), ("'1'", "1"), ('"a b"', "a b"),
    ("2019-01-01", "2019-01-01"),
    ("!!float 1", 1.0), ("!!str 1", "1"), ("1:30", "1:30"), ("9223372036854775808", 2**63),
])
def test_scalars_are_those_of_yaml_1_2(text, value):
    found = read(f"a: {text}").child("a").value
    assert found == value
    assert type(found) is type(value)


def test_nan_parses_and_is_left_to_validation():
    assert math.isnan(read("a: .nan").child("a").value)


def test_every_value_knows_its_place():
    root = read("a:\n  b: [1, {c: 2}]\n\n'd e': |\n  text\n")
    assert root.plain() == {"a": {"b": [1, {"c": 2}]}, "d e": "text\n"}
    assert root.child("a").key_place == "f.yaml:1:1"
    assert root.child("a").child("b").place == "f.yaml:2:6"
    assert root.child("a").child("b").child(1).child("c").place == "f.yaml:2:14"
    assert root.child("a").child("b").child(1).child("c").key_place == "f.yaml:2:11"
    assert root.child("d e").key_place == "f.yaml:4:1"
    assert root.child("z") is None
    assert root.child("a").child("b").child(9) is None


@pytest.mark.parametrize(("text", "places"), [
    ("a: [1\nb: 2", [
        "f.yaml:1:4: not valid YAML: the list that begins here needs a comma or its closing ] before line 2, column 2",
    ]),
    ("a: b: c", ["f.yaml:1:5: not valid YAML"]),
    ("\ta: 1", ["f.yaml:1:1: not valid YAML"]),
    ("a: 'x", ["f.yaml:1:6: not valid YAML"]),
    ("{a: 1", ["f.yaml:1:1: not valid YAML: the mapping that begins here needs a comma or its closing }"]),
    ("a: 1\n---\nb: 2\n", ["f.yaml:2:1: not valid YAML"]),
    ("a: 1\nb: \x00", ["f.yaml:2:4: not valid YAML: the character '\\x00'"]),
    ("a: *x", ["f.yaml:1:4: not valid YAML: found undefined alias 'x'"]),
    ("a: &x 1\nb: [*x, *x]", ["f.yaml:2:5: the alias *x", "f.yaml:2:9: the alias *x"]),
    ("&a [*a]", ["f.yaml:1:5: the alias *a"]),
    ("a: !foo 1", ["f.yaml:1:4: a: the tag !foo is not supported"]),
    ("a: !!python/name:os.system 1", ["f.yaml:1:4: a: the tag"]),
    ("a: !!int x", ["f.yaml:1:4: a: 'x' is no number"]),
    ("a: " + "9" * 5000, ["f.yaml:1:4: a: '9999"]),
    ("? [1]\n: 2", ["f.yaml:1:3: a name must be a word"]),
    ("%YAML 1.1\n---\na: no", ["f.yaml:1:1: directives"]),
    ("a: " + "[" * 600, ["f.yaml:1:1: not valid YAML: nested too deeply"]),
])
def test_what_is_no_study_text(text, places):
    found = refused(text)
    assert len(found) == len(places)
    for fault, place in zip(found, places, strict=True):
        assert fault.startswith(place)


def test_duplicate_keys_name_both_places_and_all_are_found():
    assert refused("a: 1\nb: {c: 1, c: 2}\na: 3\na: 4") == [
        "f.yaml:2:11: b.c: stands here a second time; it is already at f.yaml:2:5",
        "f.yaml:3:1: a: stands here a second time; it is already at f.yaml:1:1",
        "f.yaml:4:1: a: stands here a second time; it is already at f.yaml:1:1",
    ]


@pytest.mark.parametrize(("text", "shown"), [
    ("a: 1.50", "1.50"), ("a: b c", "'b c'"), ("a: [1]", "a list"), ("a: {b: 1}", "a mapping"), ("a:", "nothing"),
    ("a: TRUE", "TRUE"), ("a: " + "x" * 50, "'" + "x" * 37 + "...'"),
    ("a: 'x\n\n  y'", "'x y'"), ('a: "\\e[1mx"', "'[1mx'"),
])
def test_a_value_is_shown_as_it_was_typed_and_short(text, shown):
    assert read(text).child("a").shown() == shown


@pytest.mark.parametrize(("data", "message"), [
    (b"", "{}:1:1: the file is empty"), (b" \n\n", "{}:1:1: the file is empty"),
    (b"\xef\xbb\xbf", "{}:1:1: the file is empty"), (b"kind: x\na: \xff\xfe", "{}:2:4: byte 0xff is not UTF-8"),
    ("kind: x".encode("utf-16"), "{}:1:1: byte 0xff is not"),
])
def test_bytes_that_are_no_text(tmp_path, data, message):
    path = tmp_path / "f.yaml"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_text(path)
    assert str(caught.value).startswith(message.format(path))


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfkind: scenario\r\n")
    assert read_text(path) == "kind: scenario\r\n"


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "study.yaml").write_text("x")
    with pytest.raises(InputError, match=r"stdy\.yaml: no such file; did you mean .*study\.yaml"):
        read_text(tmp_path / "stdy.yaml")
    with pytest.raises(InputError, match=r"none\.yaml: no such file$"):
        read_text(tmp_path / "missing" / "none.yaml")
    with pytest.raises(InputError, match="is a folder"):
        read_text(tmp_path)
