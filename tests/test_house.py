"""Rules of the house that import-linter cannot see: who writes stock, who commits, how long a file may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

from config import ROOT

PACKAGE = ROOT / "inventory"
STOCK = {
    "Posting",
    "Movement",
    "Balance",
    "StockDay",
    "BinStock",
    "BinMove",
    "ControlledEntry",
    "ControlledSignature",
}
FIGURES = {"on_hand", "reserved"}
WRITERS = {"insert", "insert_for", "update", "delete", "bulk_insert_mappings", "bulk_save_objects"}
SESSION_WRITES = {"add", "add_all", "merge", "flush"}
LONGEST = 400


def modules(*left_out: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package but those in the folders that are left out."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] not in left_out:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def on_session(node: ast.Call) -> bool:
    """Whether the call is a method of something named `session`."""
    return (
        isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "session"
    )


def names_stock(node: ast.expr) -> bool:
    """Whether an argument is one of the ledger's tables: `Movement`, `models.Movement`, `Movement.__table__`."""
    return any(
        (isinstance(part, ast.Name) and part.id in STOCK)
        or (isinstance(part, ast.Attribute) and part.attr in STOCK)
        for part in ast.walk(node)
    )


def stock_writes(tree: ast.Module) -> Iterator[int]:
    """Lines that make a row of the ledger's tables or write them by statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            makes = called(node) in STOCK
            writes = called(node) in WRITERS and any(names_stock(argument) for argument in node.args[:1])
            if makes or writes:
                yield node.lineno


def figure_writes(tree: ast.Module) -> Iterator[int]:
    """Lines that set a balance's figures."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(
                isinstance(target, ast.Attribute)
                and target.attr in FIGURES
                and not (isinstance(target.value, ast.Name) and target.value.id == "self")
                for target in targets
            ):
                yield node.lineno


def test_only_the_ledger_writes_stock():
    found = [f"{name}:{line}" for name, tree in modules("ledger", "models") for line in stock_writes(tree)]
    # the read side adds up figures of its own under the same names; that it writes nothing is tested below
    set_by_hand = modules("ledger", "models", "queries", "rules", "documents", "exchange")
    found += [f"{name}:{line}" for name, tree in set_by_hand for line in figure_writes(tree)]
    assert found == []


def test_the_search_for_stock_writes_finds_them():
    code = (
        "Movement(lot_id=1)\nmodels.Balance()\nsession.execute(update(Balance).values(on_hand=1))\n"
        "insert(StockDay.__table__)\nsession.execute(delete(models.Posting))\n"
        "balance.on_hand -= 1\nbalance.reserved = 0"
    )
    assert sorted(stock_writes(ast.parse(code))) == [1, 2, 3, 4, 5]
    assert sorted(figure_writes(ast.parse(code))) == [6, 7]
    innocent = ast.parse("select(Movement).where(Balance.on_hand > 0)\nself.on_hand = 1")
    assert [*stock_writes(innocent), *figure_writes(innocent)] == []


def test_the_read_side_never_writes():
    found = [
        f"{name}:{node.lineno} {called(node)}"
        for name, tree in modules()
        if name.startswith("inventory/queries/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (called(node) in WRITERS or (called(node) in SESSION_WRITES and on_session(node)))
    ]
    assert found == []


def test_only_db_commits():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        if name != "inventory/db.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert found == []


def test_no_file_is_too_long():
    folders = [PACKAGE, ROOT / "scripts", ROOT / "tests", ROOT / "bench"]
    files = [path for folder in folders for path in folder.rglob("*.py")] + list(ROOT.glob("*.py"))
    long = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}


def test_every_folder_of_the_package_is_a_package():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [str(folder) for folder in folders if not (Path(folder) / "__init__.py").exists()] == []
