"""Documents: the same content as a page and as Markdown, every word escaped, and templates that come with the package."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import ml.page
from ml.page.document import Document, Picture, bullets, code, paragraph, section, strong, table
from ml.page.rendering import as_html, as_markdown
from wellkept.deployment.paths import PROJECT_ROOT

DOCUMENT = Document(
    "Shop <b>: grade A",
    (
        section("", paragraph("A & b. ", strong("Label:"), " ", code("label_x"), ".")),
        section(
            "What it is",
            bullets(["one", ("two ", strong("<three>"))]),
            table(["name", "share | of all"], [["1,000", None], [code("a|b"), "-12.5%"]]),
            Picture("<svg>drawn</svg>"),
        ),
    ),
)


def test_markdown_has_everything_but_the_pictures() -> None:
    assert as_markdown(DOCUMENT) == (
        "# Shop <b>: grade A\n\nA & b. **Label:** `label_x`.\n\n## What it is\n\n- one\n- two **<three>**\n\n"
        "| name | share \\| of all |\n| --- | --- |\n| 1,000 |  |\n| `a\\|b` | -12.5% |\n"
    )


def test_a_page_escapes_words_and_sets_numbers_to_the_right() -> None:
    page = as_html(DOCUMENT)
    for part in (
        "<title>Shop &lt;b&gt;: grade A</title>",
        "<p>A &amp; b. <strong>Label:</strong> <code>label_x</code>.</p>",
        "<li>two <strong>&lt;three&gt;</strong></li>",
        '<td class="number">1,000</td><td></td>',
        '<td><code>a|b</code></td><td class="number">-12.5%</td>',
        "<svg>drawn</svg>",
    ):
        assert part in page
    assert page.count("<h2>") == 1
    assert not re.search(r"https?://|<script", page)
    assert as_html(DOCUMENT) == page


def test_templates_come_with_the_installed_package(tmp_path: Path) -> None:
    """A build copies what package-data names; without it only a clone could write a card."""
    configuration = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())
    named = configuration["tool"]["setuptools"]["package-data"]["ml.page"]
    folder = Path(ml.page.__file__).parent
    files = {path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert files == {path for pattern in named for path in folder.glob(pattern)}
    found = subprocess.run(
        [sys.executable, "-c", "from importlib.resources import files; print(files('ml.page') / 'templates')"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip(), "document.html").is_file()
