"""The site: every public name is in the reference, and no page loads anything from elsewhere."""

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dlrecipes

pytestmark = pytest.mark.docs

ROOT = Path(dlrecipes.__file__).parent.parent
PACKAGES = ("dlrecipes", *(f"dlrecipes.{name}" for name in ("layers", "losses", "metrics")))
PACKAGES += ("dlrecipes.models", "dlrecipes.data")
LOADED = r"""<(?:script|img|iframe)[^>]*\ssrc="?([^" >]+)|<link[^>]*\shref="?([^" >]+)"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocs", reason="mkdocs comes with the extra dev")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    done = subprocess.run(
        [*command, "--site-dir", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_in_the_reference(site, package):
    module = importlib.import_module(package)
    page = site / "reference" / package.rpartition(".")[2] / "index.html"
    named = set(re.findall(r'id="([\w.]+)"', page.read_text(encoding="utf-8")))
    public = {
        name
        for name in module.__all__
        if inspect.isclass(getattr(module, name)) or inspect.isfunction(getattr(module, name))
    }
    assert {name for name in public if f"{package}.{name}" not in named} == set()


def test_examples_are_shown_as_code(site):
    text = (site / "reference" / "layers" / "index.html").read_text(encoding="utf-8")
    assert re.sub(r"<[^>]+>", "", text).count("dlr.layers.") >= 12
    assert "<blockquote" not in text


def test_nothing_is_loaded_from_elsewhere(site):
    loaded = []
    for page in site.rglob("*.html"):
        for source, target in re.findall(LOADED, page.read_text(encoding="utf-8")):
            loaded.append(source or target)
    assert len(loaded) > 50
    assert [one for one in loaded if re.match(r"(?:https?:)?//", one)] == []
