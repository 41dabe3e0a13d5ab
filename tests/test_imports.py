"""The picture of the architecture, held against the code: floors, doors, no circles, nothing hidden, nothing early."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.running import ROOT

PACKAGE = ROOT / "usage_service"
MODULES = sorted(PACKAGE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FREE = {"lxml", "msgspec", "uvloop", "httptools", "six", "legacy-cgi"}
"""Libraries without a door: XML and conversion are everywhere, the others are parts of a server or of Spyne."""


def imports_in(tree: ast.AST) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def test_the_import_contracts_are_kept():
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_import_is_inside_function():
    hidden = [
        f"{module.relative_to(PACKAGE)}: {ast.unparse(found)}"
        for module in MODULES
        for function in ast.walk(parsed(module))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for found in imports_in(function)
    ]
    assert hidden == []


def test_imported_libraries_are_declared_and_restricted():
    imported = (
        {
            name.partition(".")[0]
            for module in MODULES
            for found in imports_in(parsed(module))
            for name in (
                [found.module or ""] if isinstance(found, ast.ImportFrom) else [one.name for one in found.names]
            )
        }
        - sys.stdlib_module_names
        - {"usage_service", "_typeshed"}
    )
    project = PROJECT["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    declared = {name.split(">")[0].split("[")[0].split(";")[0].strip().lower() for name in wanted}
    (doors,) = [one for one in PROJECT["tool"]["importlinter"]["contracts"] if one["id"] == "doors"]
    assert imported - declared == set()
    assert imported - FREE - set(doors["forbidden_modules"]) == set()


WATCHED_IMPORT = """
import importlib, pkgutil, sys

seen = []
EARLY = {"socket.connect", "socket.bind", "subprocess.Popen", "sqlite3.connect", "os.mkdir", "os.remove", "os.rename"}

def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if event in EARLY or writes:
        seen.append(f"{event} {arguments[:2]}")

sys.dont_write_bytecode = True
import usage_service
names = [module.name for module in pkgutil.walk_packages(usage_service.__path__, "usage_service.")]
sys.addaudithook(watch)
for name in names:
    # Alembic runs the one, Django loads the others once a project's settings are there.
    if not name.endswith(("__main__", "migrations.env")) and not name.startswith("usage_service.django."):
        importlib.import_module(name)
print("\\n".join(seen))
"""


def test_importing_modules_has_no_side_effects(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WATCHED_IMPORT],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
