"""What README and configs/ say is true."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main

from pipeline import __version__, artifacts, cli
from pipeline.config import DEFAULTS, STAGE_TABLES, Webinar
from pipeline.edits import Barred, Listened, Moves, Names, Review, Words
from pipeline.settings import HouseStyle

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOUNS = {a.file: a.noun for a in vars(artifacts).values() if isinstance(a, artifacts.Noted)} | {
    "edits/names.json": Names,
    "edits/voices.json": Moves,
    "edits/words.json": Words,
    "edits/barred.json": Barred,
    "edits/listened.json": Listened,
    "edits/review.json": Review,
}
EXAMPLES = re.findall(
    r"^(?:[^\n]*)`((?:\d\d-\w+|edits/\w+)\.json)`[^`\n]*:\n```json\n(.*?)```", README, re.DOTALL | re.MULTILINE
)


def test_every_public_artifact_has_an_example():
    public = {
        "20-transcript.json",
        "30-turns.json",
        "40-passages.json",
        "55-hearing.json",
        "60-check.json",
        "edits/names.json",
        "edits/voices.json",
        "edits/words.json",
        "edits/barred.json",
        "edits/listened.json",
        "edits/review.json",
    }
    assert {file for file, _ in EXAMPLES} == public


@pytest.mark.parametrize(("file", "example"), EXAMPLES)
def test_the_example_of_an_artifact_is_one(file, example):
    NOUNS[file].model_validate_json(example)


def uncommented(text):
    """The TOML with its commented-out settings set: '# speakers = 5   # why' → 'speakers = 5'."""
    return re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["default", "huisstijl", "prompts"])
def test_configs_and_the_package_hold_the_same_settings(name):
    assert (ROOT / "configs" / f"{name}.toml").read_bytes() == (DEFAULTS / f"{name}.toml").read_bytes()


def test_default_toml_equals_the_defaults_of_the_code():
    text = (DEFAULTS / "default.toml").read_text(encoding="utf-8")
    assert Webinar.model_validate(tomllib.loads(text)) == Webinar()


def test_default_toml_names_every_setting():
    tables = tomllib.loads(uncommented((DEFAULTS / "default.toml").read_text(encoding="utf-8")))
    named = {table: set(settings) for table, settings in tables.items()}
    assert named == {table: set(type(getattr(Webinar(), table)).model_fields) for table in STAGE_TABLES}


def test_huisstijl_toml_equals_the_defaults_of_the_code():
    settings = tomllib.loads((DEFAULTS / "huisstijl.toml").read_text(encoding="utf-8"))
    assert HouseStyle.model_validate(settings) == HouseStyle()
    assert set(settings) == set(HouseStyle.model_fields)


def test_the_readme_shows_every_command():
    commands = typer.main.get_command(cli.app).commands
    assert {name for name in commands if f"impressie {name}" not in README} == set()


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.match(r"[A-Za-z0-9-]+", line).group() for line in project["dependencies"]}
    table = README.split("## Dependencies and why")[1].split("##")[0]
    assert {name for name in wanted if not re.search(rf"\b{name}\b", table)} == set()


def test_a_command_that_only_looks_loads_no_dictionary_and_no_network(home):
    heavy = ["numpy", "scipy", "torch", "onnxruntime", "ctranslate2", "simplemma", "wordfreq", "starlette", "openai"]
    look = f"""
import sys
from pipeline.cli import main
sys.argv = ["impressie", "--home", {str(home)!r}, "status"]
try:
    main()
except SystemExit:
    pass
print([name for name in {heavy} if name in sys.modules])
"""
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told(impressie):
    said = impressie("--version")
    assert (said.code, said.out) == (0, f"impressie {__version__}\n")
