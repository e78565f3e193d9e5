"""What a run took in besides the project: the user's own rows, and notebooks from elsewhere."""

from __future__ import annotations

from token_economics import project
from token_economics.book.assumptions import Book
from token_economics.evidence import tables


def counts() -> dict[str, int]:
    """Rows of the user's own by table, sources first; only tables that have some."""
    if project.own_data() is None:
        return {}
    found = {table: tables.own_rows(table) for table in tables.tables()}
    ordered = sorted(found, key=lambda table: (table != "sources", table))
    return {table: found[table] for table in ordered if found[table]}


def notices(book: Book | None = None) -> list[str]:
    """A sentence for each kind of input that is not the project's; none for the project alone."""
    named = book.subjects if book is not None else {}
    said = [
        f"About another subject than the notebook's own: {name} = {who}."
        for name, who in named.items()
    ]
    rows = [_counted(table, number) for table, number in counts().items()]
    if rows:
        said.append(f"With your own rows: {', '.join(rows)}.")
    if project.are_notebooks_elsewhere():
        said.append(f"Notebooks from the folder {project.notebooks().name}.")
    return said


def options() -> list[str]:
    """The options of the command line that take these inputs in, with the folders' names."""
    own = project.own_data()
    words = ["--data", own.name] if own is not None else []
    if project.are_notebooks_elsewhere():
        words += ["--notebooks", project.notebooks().name]
    return words


def _counted(table: str, number: int) -> str:
    if table == "sources":
        return f"{number} source{'' if number == 1 else 's'}"
    name = table.replace("-", "_")
    return f"{number} row{'' if number == 1 else 's'} of {name}"
