"""Starts a notebook that is valid from its first minute: from nothing, or from another notebook."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from token_economics import project
from token_economics.report.run import folders, notebooks
from token_economics.report.run.notebooks import NotebookError

TOPIC = re.compile(r"[a-z][a-z0-9_]{0,59}")

CELLS = (
    (
        "markdown",
        """\
# {question}

Say here in a few sentences whom the question concerns and why. The sections below run as they
stand, on the solved market; put your own question, figures and argument in their place.""",
    ),
    (
        "code",
        """\
from token_economics.book.assumptions import resolve
from token_economics.evidence import quarters
from token_economics.figures import market as figures
from token_economics.figures import style
from token_economics.headlines import market_memo
from token_economics.headlines import token_market as topic
from token_economics.methods.summaries import bands
from token_economics.show import display

style.enable()""",
    ),
    ("parameters", "dram_bit_growth_per_year = 0\nai_power_growth_per_year = 0"),
    (
        "code",
        """\
book = resolve(globals())
solve = market_memo.solve  # or a market of your own, such as functools.partial of this with other curves
facts = topic.record()
path = solve(book.draws(), facts)
results = topic.results(book, solve=solve)
results = results[results["id"].isin(["price_next", "below_cost_next"])]""",
    ),
    (
        "code",
        """\
display.answer(
    "An hour of compute clears at {{price_next}} at the end of 2027, and below its full cost in "
    "{{below_cost_next:v}} of draws.",
    results,
)""",
    ),
    (
        "code",
        """\
lines = {{"Clearing price": path.price.T, "Full cost of new compute": path.user_cost.T}}
dates = [quarters.end_date(quarter) for quarter in facts.quarters]
price = bands(lines, along={{"date": dates, "quarter": facts.quarters}})
display.figure(
    figures.price(price.rename(columns={{"label": "what"}})),
    name="price",
    caption="Price of an hour of compute at which the market clears, and full cost of new compute. Bands: 90 % of joint draws.",
    description="Two lines with bands by quarter.",
    sources=["semianalysis_gpu_index_2026", "epoch_ai_chip_counts_2026"],
)""",
    ),
    ("code", "display.results(results)"),
    (
        "markdown",
        """\
## The strongest objection

Say what a fair opponent would say first, and answer it.

## What would change our mind

- Name an observation, and the threshold from which it would change the answer.""",
    ),
)


def start(topic: str, *, origin: str | None, question: str | None) -> Path:
    """Write a notebook on a topic into the project's notebooks, not executed yet.

    Parameters
    ----------
    topic
        Its name: lower-case letters, digits and _.
    origin
        Topic or file of the notebook to start from; None for the house's own skeleton.
    question
        The title's question; by default one made from the topic, or the original's.

    Raises
    ------
    NotebookError
        If the name is none, is taken, or the original is not there.
    """
    if not TOPIC.fullmatch(topic):
        raise NotebookError(f"{topic!r} names no topic: use lower-case letters, digits and _")
    folder = project.notebooks()
    found = notebooks.discover(folder)
    taken = {source.topic: source.path.name for source in found}
    if topic in taken:
        raise NotebookError(f"there is a notebook on {topic!r} already: {taken[topic]}")
    title = topic.replace("_", " ").capitalize()
    notebook = _skeleton(question or f"{title}: what is the question?") if origin is None else None
    if notebook is None:
        notebook = _copy(str(origin), question)
    own = notebook.metadata.get(notebooks.METADATA_KEY, {})
    number = 1 + max((int(source.order[0]) for source in found if source.order[0] < 1e6), default=0)
    asked = question or own.get("question") or f"{title}: what is the question?"
    notebook.metadata[notebooks.METADATA_KEY] = {"title": title, "question": asked, "order": number}
    path = folder / f"{number:02d}_{topic}.ipynb"
    folder.mkdir(parents=True, exist_ok=True)
    folders.write({path: notebooks.dumps(notebooks.normalised(notebook)).encode()})
    return path


def _skeleton(question: str) -> NotebookNode:
    cells = []
    for kind, text in CELLS:
        source = text.format(question=question)
        if kind == "markdown":
            cells.append(nbformat.v4.new_markdown_cell(source))
        else:
            metadata = {"tags": [notebooks.PARAMETERS_TAG]} if kind == "parameters" else {}
            cells.append(nbformat.v4.new_code_cell(source, metadata=metadata))
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells)
    return notebook


def _copy(origin: str, question: str | None) -> NotebookNode:
    """The original without its outputs and its place in the order; with another title if given."""
    path = Path(origin)
    if not path.is_file():
        folders = (project.root() / "notebooks", project.notebooks())
        known = {s.topic: s.path for folder in folders for s in notebooks.discover(folder)}
        by_stem = {path.stem: path for path in known.values()}
        if origin not in known | by_stem:
            topics = ", ".join(known)
            raise NotebookError(f"there is no notebook {origin!r}; the topics are {topics}")
        path = (known | by_stem)[origin]
    notebook = notebooks.load(path)
    for cell in notebooks.code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    title = next((c for c in notebook.cells if c.cell_type == "markdown"), None)
    if question and title is not None:
        title.source = re.sub(r"\A# .*", lambda _: f"# {question}", title.source)
    return notebook
