"""What a run took in besides the project: the user's own rows, and notebooks from elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace

from token_economics import project
from token_economics.book.assumptions import Book
from token_economics.evidence import tables

FEW_DRAWS = 64  # enough to see whether a result can be computed


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


def uncomputable(book: Book, topics: Iterable[str] | None = None) -> list[str]:
    """What of the headline results the user's own rows leave without a number, a line a topic.

    Such rows obey the schema and no model can use them: a period of which the model knows nothing,
    or a second row where it wants one. ``topics`` are all unless said. Without own rows nothing is
    computed.
    """
    added = [table for table in counts() if table != "sources"]
    own = project.own_data()
    if not added or own is None:
        return []
    from token_economics.answers import evaluate  # brings the models

    files = ", ".join(f"{own.name}/{tables.resource(table)['path']}" for table in added)
    wanted = None if topics is None else set(topics)
    few = replace(book, n_draws=FEW_DRAWS)
    found = []
    for module in evaluate.TOPICS:
        if wanted is not None and module.TOPIC not in wanted:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module.results(few)
        except Exception as error:  # whatever a model says of numbers that it cannot use
            found.append(
                f"{files}: with these rows the results of {module.TOPIC} cannot be computed "
                f"({type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no word'}); "
                "take out the rows of a period or an entity that the project's own rows lack"
            )
    return found


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
