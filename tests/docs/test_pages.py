"""Every block of the README and of the pages runs, and what they name exists.

The blocks of a page run in their order, in one folder and one namespace. A block of text shows
what the block before it prints, in which `…` and numbers stand for any. A comment in front says
why one does not run: `<!-- not run: an installation -->`.
"""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import dlrecipes

pytestmark = pytest.mark.docs

ROOT = Path(dlrecipes.__file__).parent.parent
PAGES = [
    *sorted(ROOT.glob("*.md")),
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
NOT_RUN = re.compile(r"<!-- not run: (.+) -->\n\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; `line` is the fence's."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str

    def __str__(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def _blocks(page):
    text = page.read_text(encoding="utf-8")
    blocks = []
    for fence in FENCE.finditer(text):
        before = text[: fence.start()]
        reason = NOT_RUN.search(before)
        line = before.count("\n") + 1
        why = reason.group(1) if reason else ""
        blocks.append(Block(page, line, fence.group(1), fence.group(2), why))
    return blocks


BLOCKS = [block for page in PAGES for block in _blocks(page)]


def _name(page):
    return str(page.relative_to(ROOT))


def _run_python(block, namespace):
    """Run it under the page's name and line numbers, which tracebacks and `inspect` then show."""
    code = compile("\n" * block.line + block.text, str(block.page), "exec")
    exec(code, namespace)


def _commands(block):
    lines = block.text.replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def _run_commands(block, monkeypatch, capsys):
    from dlrecipes.cli import main

    for words in _commands(block):
        assert words[0] == "dlrecipes", f"{block}: say why this does not run, or make it run"
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code, f"{block}: {' '.join(words)}\n{capsys.readouterr().err}"


def _pattern(line):
    escaped = re.escape(re.sub(r"\s+", " ", line.strip())).replace("\\ ", " ")
    numbers = re.sub(r"\d(?:[\d,:]|\\\.)*", lambda number: r"[\d.,:]+", escaped)
    return re.compile(numbers.replace("…", ".*").replace(" ", r"\s+"))


def _missing_line(shown, printed):
    """Return the first line of `shown` that `printed` does not have behind those before it."""
    waiting = iter(printed.splitlines())
    for line in filter(str.strip, shown.splitlines()):
        pattern = _pattern(line)
        if not any(pattern.fullmatch(candidate.strip()) for candidate in waiting):
            return line
    return None


@pytest.mark.parametrize("page", [page for page in PAGES if _blocks(page)], ids=_name)
def test_blocks_run(page, working_folder, small_budgets, monkeypatch, capsys):
    namespace = {"__name__": "__main__"}
    printed = ""
    for block in _blocks(page):
        if block.not_run:
            continue
        if block.language == "text":
            line = _missing_line(block.text, printed)
            assert line is None, f"{block}: not printed: {line!r}, but\n{printed}"
            continue
        if block.language == "python":
            _run_python(block, namespace)
        else:
            _run_commands(block, monkeypatch, capsys)
        printed = capsys.readouterr().out


def test_blocks_say_what_they_are():
    unknown = [str(block) for block in BLOCKS if block.language not in ("python", "bash", "text")]
    assert not unknown
    for page in PAGES:
        fences = re.findall(r"^\s*```", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(_blocks(page)), page


def test_nearly_all_blocks_run():
    of_users = [block for block in BLOCKS if block.page.parent.name == "docs"]
    left_out = [str(block) for block in of_users if block.not_run]
    assert len(of_users) > 50
    assert len(left_out) <= len(of_users) / 10, left_out


USERS_PAGES = [page for page in PAGES if page.name == "README.md" and page.parent == ROOT] + [
    page for page in PAGES if "docs" in page.relative_to(ROOT).parts
]


def _spans(page):
    return re.findall(r"(?<!`)`([^`]+)`(?!`)", FENCE.sub("", page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", USERS_PAGES, ids=_name)
def test_commands_between_the_words_exist(page):
    import typer

    from dlrecipes.cli.app import app, with_values

    commands = typer.main.get_command(app).commands
    for span in _spans(page):
        if re.match(r"dlrecipes\s", span):
            name, *words = shlex.split(span)[1:]
            assert name in commands
            if words:
                commands[name].make_context(name, with_values(words))


def _known_options():
    import typer

    from dlrecipes.cli.app import app
    from dlrecipes.data import load_images, load_table
    from dlrecipes.recipe import load_recipe, recipe_names
    from dlrecipes.recipe.load_options import load_options

    known = {"--help"}
    for command in typer.main.get_command(app).commands.values():
        for parameter in command.params:
            known.update([*parameter.opts, *parameter.secondary_opts])
    names = {name for recipe in recipe_names() for name in load_recipe(recipe).options}
    names |= {*load_options(load_table), *load_options(load_images)}
    return known | {"--" + name.replace("_", "-") for name in names}


def test_options_that_pages_name_exist():
    known = _known_options()
    unknown = []
    for page in USERS_PAGES:
        run = [block.text for block in _blocks(page) if not block.not_run]
        # A program such as those in benchmarks/ has options of its own.
        for text in (one for one in [*_spans(page), *run] if not one.startswith("python ")):
            named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
            unknown += [f"{_name(page)}: {option}" for option in sorted(named - known)]
    assert not unknown


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=_name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert all((ROOT / link).exists() for link in links if "://" not in link), links


def test_the_readme_has_a_picture():
    assert "![" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shown", "printed", "missing"),
    [
        ("run  runs/a\n", "data\nrun      runs/a\n", None),
        ("accuracy 0.98 ± …\n", "test accuracy\naccuracy 0.1 ± 0.2 (95 %)\n", None),
        ("b\na\n", "a\nb\n", "a"),
        ("accuracy 0.98\n", "accuracy of 0.98\n", "accuracy 0.98"),
    ],
)
def test_what_counts_as_printed(shown, printed, missing):
    assert _missing_line(shown, printed) == missing
