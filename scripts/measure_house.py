"""Measure how the project is laid out: the table that says whether it has grown past its plan.

    python scripts/measure_house.py [BEFORE] [AFTER]

Each is a checkout; without any, this one is measured, and two stand side by side. It reads text alone: nothing of the
project is imported or run, so that a checkout needs no environment. How each line is counted stands beside its function.
"""

import argparse
import ast
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

PACKAGES = ("wellkept", "features", "ml", "expectations")
_ROOT = Path(__file__).resolve().parents[1]
_REFERENCE = re.compile(r"\bref\(\s*['\"](\w+)['\"]\s*\)")
_CALL = re.compile(r"\b(\w+)\s*\(")
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\s*\(")
_COLUMN = re.compile(r"^ {6}(?:- | {2})name: (\w+)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_CODE = (".py", ".sql", ".yml", ".html", ".md")
_KEYS = {"customer_id", "as_of_date"}
_SQL = re.compile(
    r"\b(select|insert into|create (or replace )?(temp )?(table|view|schema)|delete from|update \S+ set|alter table"
    r"|left join|inner join|group by|order by|union all|case\s+when|over \()",
    re.IGNORECASE,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[_ROOT])
    checkouts = parser.parse_args(arguments).checkouts
    heads = ["before", "after"] if len(checkouts) == 2 else [str(root) for root in checkouts]
    print("| | " + " | ".join(heads) + " |")
    print("| --- |" + " --- |" * len(checkouts))
    for name, measure in MEASURES.items():
        print(f"| {name} | " + " | ".join(measure(root.resolve()) for root in checkouts) + " |")
    return 0


def describe_sql_models(root: Path) -> str:
    """Lines of each model's file, blank ones and comments included."""
    return _spread([len(file.read_text().splitlines()) for file in _models(root).values()])


def describe_longest_chain(root: Path) -> str:
    """Models on the longest path of refs; seeds and sources are not counted."""
    chain = max((_longest_chain(root, name) for name in _models(root)), key=len, default=())
    return f"{len(chain)}: {' < '.join(chain)}"


def describe_largest_folder(root: Path) -> str:
    """Models that lie in one folder, those in its subfolders not counted."""
    [(folder, count)] = Counter(file.parent for file in _models(root).values()).most_common(1)
    return f"{count} in {folder.relative_to(root / 'dbt_project' / 'models')}/"


def describe_sql_in_python(root: Path) -> str:
    """Source lines of string constants that hold a phrase of SQL, docstrings left out; an f-string counts once."""
    return _describe_sql(root, _list_strings)


def describe_sql_by_parts(root: Path) -> str:
    """The same as it was first measured: each constant part of an f-string counted as long as the whole of it."""
    return _describe_sql(root, _list_constants)


def describe_daily_score(root: Path) -> str:
    """Modules of ml/ and features/ with a definition that the score step uses, by name, directly or through others.

    The kinds of model are one, as a reader looks at one; with them the dbt models of the score and the macros they call.
    """
    score = "ml.scoring.score" if (root / "ml" / "scoring").is_dir() else "ml.score"
    entered = {name for name in _entered(root, score, "score_all") if name.split(".")[0] in ("ml", "features")}
    modules = {"ml.kinds" if name.startswith("ml.kinds.") else name for name in entered}
    models = [file for name, file in _models(root).items() if "churn_risk" in name]
    called = {call for file in models for call in _CALL.findall(file.read_text())}
    macros = [file for file in (root / "dbt_project" / "macros").rglob("*.sql") if called & _macros_in(file)]
    count = len(modules) + len(models) + len(macros)
    return f"{count}: {len(modules)} modules, {len(models)} dbt models, {len(macros)} files of macros"


def describe_loose_modules(root: Path) -> str:
    """Modules in wellkept/ itself, beside __init__ and __main__."""
    return str(len([file for file in (root / "wellkept").glob("*.py") if not file.stem.startswith("__")]))


def describe_functions(root: Path) -> str:
    """Lines from `def` to the last, of all functions and methods in the packages."""
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for file in _python_files(root)
        for node in ast.walk(_parse(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return f"{_spread(lengths)} of {len(lengths):,}"


def describe_named_features(root: Path) -> str:
    """Files of code in which the name of each feature stands: about what one more costs; tests and documents left out."""
    folder = root / "dbt_project" / "models" / "features"
    names = {name for file in folder.glob("*.yml") for name in _columns_in(file)}
    return _describe_named(root, names - _KEYS)


def describe_named_score_columns(root: Path) -> str:
    """The same of the columns that are the score's alone, the numbered reasons left out."""
    models = root / "dbt_project" / "models"
    of_tables = {file: _columns_in(file) for folder in ("marts", "scores") for file in (models / folder).glob("*.yml")}
    own = {name for file, names in of_tables.items() if "churn_risk" in file.stem for name in names - _KEYS}
    of_others = {name for file, names in of_tables.items() if "churn_risk" not in file.stem for name in names}
    return _describe_named(root, {name for name in own - of_others if not name.startswith("reason_")})


def describe_named_dags(root: Path) -> str:
    """The same of the DAGs, its tests counted: lists there are what one more costs."""
    return _describe_named(root, {file.stem for file in (root / "dags").glob("*.py")}, tests=True)


MEASURES: dict[str, Callable[[Path], str]] = {
    "SQL model lines, median / p90 / max": describe_sql_models,
    "longest chain of refs": describe_longest_chain,
    "largest dbt folder": describe_largest_folder,
    "SQL inside Python strings": describe_sql_in_python,
    "the same as first measured, f-strings by their parts": describe_sql_by_parts,
    "files a reader enters on the daily score": describe_daily_score,
    "files that name a feature, median / p90 / max": describe_named_features,
    "files that name a score column, median / p90 / max": describe_named_score_columns,
    "files that name a DAG, median / p90 / max": describe_named_dags,
    "modules loose at the root of wellkept/": describe_loose_modules,
    "function lines, median / p90 / max": describe_functions,
}


@cache
def _models(root: Path) -> dict[str, Path]:
    return {file.stem: file for file in sorted((root / "dbt_project" / "models").rglob("*.sql"))}


@cache
def _longest_chain(root: Path, name: str) -> tuple[str, ...]:
    """The longest chain that ends with the model."""
    above = [found for found in _REFERENCE.findall(_models(root)[name].read_text()) if found in _models(root)]
    return (*max((_longest_chain(root, one) for one in above), key=len, default=()), name)


@cache
def _python_files(root: Path) -> list[Path]:
    return sorted(file for package in PACKAGES for file in (root / package).rglob("*.py"))


@cache
def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _describe_sql(root: Path, list_texts: Callable[[ast.Module], Iterator[tuple[ast.expr, str]]]) -> str:
    lines = {
        file: sum(
            (node.end_lineno or node.lineno) - node.lineno + 1
            for node, text in list_texts(_parse(file))
            if _SQL.search(text)
        )
        for file in _python_files(root)
    }
    files = sum(1 for count in lines.values() if count)
    in_ml = sum(count for file, count in lines.items() if file.relative_to(root).parts[0] == "ml")
    return f"{sum(lines.values()):,} lines in {files} files, {in_ml:,} of them in ml/"


def _list_strings(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    """Strings that are no docstring, f-strings as a whole with a word for each value."""
    whole = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {part for node in whole for part in node.values}
    yield from ((node, text) for node, text in _list_constants(tree) if node not in parts)
    yield from ((node, "".join(_text_of(part) for part in node.values)) for node in whole)


def _list_constants(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield node, node.value


def _text_of(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "x"


def _describe_named(root: Path, names: set[str], tests: bool = False) -> str:
    files = [words for file, words in _words(root).items() if tests or file.relative_to(root).parts[0] != "tests"]
    return _spread([sum(name in words for words in files) for name in sorted(names)])


@cache
def _words(root: Path) -> dict[Path, set[str]]:
    """The words of every file of code; a DAG's own tests are those of its folder."""
    folders = (*PACKAGES, "dbt_project", "models", "dags", "tests/dags")
    files = [file for folder in folders for file in (root / folder).rglob("*") if file.suffix in _CODE]
    return {file: set(_WORD.findall(file.read_text(encoding="utf-8"))) for file in files if file.name != "README.md"}


def _columns_in(file: Path) -> set[str]:
    """The columns that a yml describes, whether or not others point to them."""
    return set(_COLUMN.findall(file.read_text()))


def _macros_in(file: Path) -> set[str]:
    return set(_MACRO.findall(file.read_text()))


def _entered(root: Path, module: str, name: str) -> set[str]:
    """The modules in which a definition, or anything it names directly or through others, is defined."""
    seen: set[tuple[str, str]] = set()
    waiting = [(module, name)]
    while waiting:
        one = waiting.pop()
        if one not in seen and one[1] in _definitions(root, one[0]):
            seen.add(one)
            waiting += _named_in(root, *one)
    return {module for module, _ in seen}


def _named_in(root: Path, module: str, name: str) -> Iterator[tuple[str, str]]:
    """What a definition names of its own module and of those it imports, as (module, name)."""
    definition = _definitions(root, module)[name]
    imported = {**_imports(root, module, _parse_module(root, module)), **_imports(root, module, definition)}
    for node in ast.walk(definition):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
            of, outer = imported[node.value.id]
            yield f"{of}.{outer}", node.attr
        elif isinstance(node, ast.Name):
            yield imported.get(node.id, (module, node.id))


@cache
def _definitions(root: Path, module: str) -> dict[str, ast.AST]:
    """The functions, classes and constants of a module, by name; none where it is not one of ours."""
    found: dict[str, ast.AST] = {}
    for node in _parse_module(root, module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return found


def _imports(root: Path, module: str, tree: ast.AST) -> dict[str, tuple[str, str]]:
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in (tree.body if isinstance(tree, ast.Module) else ast.walk(tree))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _parse_module(root: Path, module: str) -> ast.Module:
    file = _file_of(root, module)
    return _parse(file) if file else ast.Module([], [])


def _file_of(root: Path, module: str) -> Path | None:
    file = root.joinpath(*module.split(".")).with_suffix(".py")
    return file if file.exists() else None


def _spread(numbers: Sequence[int]) -> str:
    highest = max(numbers)
    tenths = statistics.quantiles(numbers, n=10)
    return f"{statistics.median(numbers):.0f} / {min(tenths[8], highest):.0f} / {highest}"


if __name__ == "__main__":
    sys.exit(main())
