"""Whatever a recipe file holds, what is wrong in it is said in a line."""

from pathlib import Path

import pytest

from trans3dhead.training.alignment.recipe import Recipe
from trans3dhead.training.engine.mapping import DEEPEST, LONGEST, from_mapping, parse_yaml, read_values

MINIMAL = "name: trial\ndata: {train: [a], validation: [b]}\nbudget: {epochs: 2}\n"
LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        MERGES,
        "a: &a [*a]",
        "a: " + "[" * 50_000,
        "a: " + "[" * 500 + "]" * 500,
        "a: " + "{b: " * 500 + "}" * 500,
        "- " * 5_000 + "a",
        "a: [" + "1," * 20_000 + "]",
        "a: 2001-99-99",
        "a: !!timestamp x",
        "a: !!bool x",
        "a: !!int ''",
        "a: !!python/object/apply:os.getcwd []",
        "a: " + "9" * 5_000,
        "a: 1" + ":59" * 400 + ".5",
        "? [a, b]\n: c",
        "1: 2",
        "a: \0",
        "- a",
    ],
)
def test_what_cannot_be_a_recipe_is_refused_in_a_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "recipe.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"recipe\.yaml: expected ") as error:
        read_values(tmp_path / "recipe.yaml")
    assert len(str(error.value)) < 1_000 + len(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[" * 20_000, "line 1, column 21"),
        ("{a: " * 5_000, "line 1, column 81"),
        ("- " * 20_000, "line 1, column 41"),
        ("? " * 20_000, "line 1, column 41"),
        ("\n".join(" " * depth + "a:" for depth in range(300)), "line 21, column 22"),
    ],
)
def test_nesting_is_refused_where_it_goes_too_deep(text: str, place: str) -> None:
    """And not after the rest is read, which of brackets takes PyYAML a million steps."""
    with pytest.raises(ValueError, match=f"more than {DEEPEST} lists and mappings, {place}"):
        parse_yaml(text)


def test_nesting_that_is_not_too_deep_is_read() -> None:
    values = parse_yaml("[" * (DEEPEST - 1) + "1" + "]" * (DEEPEST - 1))
    assert str(values).count("[") == DEEPEST - 1
    assert parse_yaml("a:\n- - b: {c: ['[[[[[[[[[[[[[[[[[[[[[[']} # [[[[[[[[[[[[[[[[[[[[[[\n") == {
        "a": [[{"b": {"c": ["[" * 22]}}]]
    }


def test_a_recipe_is_no_large_file(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("#" * (LONGEST + 1))
    with pytest.raises(ValueError, match="expected a recipe of at most 65,536 bytes, got 65,537"):
        read_values(tmp_path / "recipe.yaml")


def test_other_bytes_than_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_bytes(b"name: \xff")
    with pytest.raises(ValueError, match=r"recipe\.yaml: expected YAML, got .*utf-8"):
        read_values(tmp_path / "recipe.yaml")


def test_aliases_that_are_few_are_read(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("a: &sets [x, y]\nb: {c: *sets}\nd: {<<: {e: 1}}\n")
    assert read_values(tmp_path / "recipe.yaml") == {"a": ["x", "y"], "b": {"c": ["x", "y"]}, "d": {"e": 1}}


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Words\n\nOne: and: another\n")
    with pytest.raises(
        ValueError, match=r"got something else \(.*: mapping values are not allowed here, line 3, column 9\)"
    ):
        read_values(tmp_path / "README.md")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("optimizer: {1: 2}", r"recipe\.optimizer: expected keys that are words, got 1"),
        ("network: {architecture: [1]}", r"recipe\.network\.architecture: expected one of .*, got \[1\]"),
        ("losses: {shape3d: {subsets: {3: 1}}}", r"recipe\.losses\.shape3d\.subsets: expected keys that are words"),
        ("optimizer: {lr: .inf}", r"recipe\.optimizer\.lr: expected float, got inf"),
        ("optimizer: {lr: .nan}", r"recipe\.optimizer\.lr: expected float, got nan"),
        ("optimizer: {lr: 1" + 400 * "0" + "}", r"recipe\.optimizer\.lr: expected float, got 1000"),
        ("name: ../small", r"recipe: name: expected a folder's name without slashes, got '\.\./small'"),
        ("name: ..", r"recipe: name: expected a folder's name without slashes, got '\.\.'"),
        ("optimizer: {name: {}}", r"recipe\.optimizer\.name: expected one of adam, adamw, got \{\}"),
    ],
)
def test_a_wrong_value_is_named(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        from_mapping(Recipe, parse_yaml(MINIMAL + line))
    assert len(str(error.value)) < 1_000
