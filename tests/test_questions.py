"""One question, one number: the register is whole, and every page quotes from it."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from fixture_project import ROOT, token_economics, write_table
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from token_economics.answers import evaluate
from token_economics.book.assumptions import read_book
from token_economics.headlines.rows import result
from token_economics.project.cache import Cache
from token_economics.report.pages import index as front
from token_economics.report.pages import quotes, render, topic_page
from token_economics.report.pages.markup import environment
from token_economics.report.pages.quotes import Quotes
from token_economics.report.run import notebooks, questions, results
from token_economics.report.run.execute import Execution
from token_economics.report.run.questions import Question, Variant

COMMON = {"navigation": [], "changed": [], "notices": [], "as_of": "2026-11-20", "evidence_to": "2026-10-10", "newest": None, "run_id": "base"}  # fmt: skip
SPEND = Question(
    name="spend",
    asks="How much is spent?",
    answer="market.spend",
    repeats=("demand.spend",),
    variants=(Variant("firm.pace", "if one firm's pace went on"),),
    concerns="spend",
)


def frame(**changes: dict[str, object]) -> pd.DataFrame:
    """An answer, its repeat, a variant and a result of something else, some cells changed."""
    rows = {
        "market_spend": result("market.spend", "Spend", 955.0, low=159.0, high=2975.0, unit="USD", period="2027Q4"),
        "demand_spend": result("demand.spend", "Spend", 955.0, low=159.0, high=2975.0, unit="USD", period="2027Q4"),
        "firm_pace": result("firm.pace", "Spend at a firm's pace", 0.97, unit="share"),
        "other": result("supply.rent", "Rent", 2.0, low=1.0, high=3.0, unit="USD", period="2026Q3"),
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes.get(name, {})} for name, row in rows.items()])


def test_a_whole_register_is_accepted() -> None:
    assert not list(questions.contradictions([SPEND], frame()))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"demand_spend": {"value": 1085.0}}, "two answers to 'How much is spent?'"),
        ({"demand_spend": {"high": 2000.0, "label": "What is spent"}}, "two answers"),
        ({"demand_spend": {"label": "What is spent"}}, "is called 'What is spent', not 'Spend'"),
        ({"other": {"label": "Spending, too"}}, "supply.rent: its label 'Spending, too' concerns"),
        ({"other": {"label": "SPEND:", "period": "2027Q4"}}, "let their labels differ"),
        ({"other": {"value": 955.0, "low": 159.0, "high": 2975.0, "period": "2027Q4"}}, "one number"),
    ],
)  # fmt: skip
def test_two_answers_to_one_question_are_found(
    changes: dict[str, dict[str, object]], said: str
) -> None:
    found = list(questions.contradictions([SPEND], frame(**changes)))
    assert any(said in line for line in found), found


def test_what_prints_alike_is_no_contradiction() -> None:
    near = frame(demand_spend={"value": 955.0 * (1 + 1e-5)})
    assert not list(questions.contradictions([SPEND], near))
    unknown = {"value": math.nan, "low": math.nan, "high": math.nan, "status": "not_identified"}
    assert not list(
        questions.contradictions([SPEND], frame(market_spend=unknown, demand_spend=unknown))
    )


# The report's own register ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def executions() -> list[Execution]:
    """The stored notebooks, as a build finds them."""
    found = notebooks.discover(ROOT / "notebooks")
    return [Execution(source, notebooks.load(source.path), [], 0.0) for source in found]


@pytest.fixture(scope="module")
def shown(executions: list[Execution]) -> dict[str, results.Shown]:
    return {execution.source.topic: results.read(execution) for execution in executions}


@pytest.fixture(scope="module")
def quoted(
    executions: list[Execution],
    shown: dict[str, results.Shown],
    tmp_path_factory: pytest.TempPathFactory,
) -> Quotes:
    on_market = quotes.on_the_market(executions, Cache(tmp_path_factory.mktemp("cache")))
    titles = {execution.source.topic: execution.source.title for execution in executions}
    return Quotes(questions.register(), quotes.results_by_id(shown), titles, on_market)


def test_what_is_on_the_market_is_found_once_for_the_same_code(
    executions: list[Execution], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: the key. Parameters that a run puts in are not code of the notebook; a new cell is."""
    asked: list[int] = []
    monkeypatch.setattr(quotes, "reaches_the_market", lambda _: bool(asked.append(1)) or True)
    kept, first = Cache(tmp_path), executions[-1]

    def found(*cells: NotebookNode) -> frozenset[str]:
        notebook = NotebookNode(first.notebook, cells=[*first.notebook.cells, *cells])
        return quotes.on_the_market([replace(first, notebook=notebook)], kept)

    put_in = new_code_cell("x = 1", metadata={"tags": [notebooks.INJECTED_TAG]})
    assert found() == found(put_in) == {first.source.topic} and len(asked) == 1
    assert found(new_code_cell("x = 1")) == {first.source.topic} and len(asked) == 2


def said_of(
    execution: Execution, shown: dict[str, results.Shown], quoted: Quotes
) -> dict[str, Any]:
    """What the page of a stored notebook says of its questions and of the market's record."""
    topic = execution.source.topic
    values = {"answer": topic_page.answer(execution), "key_figure": "", "body": ""}
    return render._said_of(execution, shown[topic], values, quoted)


def test_no_two_results_of_the_report_answer_one_question_differently(quoted: Quotes) -> None:
    """All notebooks, those without a row in the register among them."""
    rows = pd.DataFrame(list(quoted.rows.values()))
    found = list(questions.contradictions(quoted.questions, rows))
    assert not found, "\n".join(found)
    assert {name for q in quoted.questions for name in q.results} <= set(rows["id"])


def test_every_label_stands_by_itself(quoted: Quotes) -> None:
    """A label is read without the row above it: in a download, on the summary, in a comparison."""
    leaning = ("the same", "of these", "one of them", "that ", "of his")
    assert not [r["label"] for r in quoted.rows.values() if r["label"].lower().startswith(leaning)]


def test_a_page_that_prints_a_variant_names_the_answer_and_its_page(
    executions: list[Execution], shown: dict[str, results.Shown], quoted: Quotes
) -> None:
    for execution in executions:
        said = {entry["name"]: entry for entry in said_of(execution, shown, quoted)["questions"]}
        own = set(shown[execution.source.topic].results["id"])
        for question in quoted.questions:
            for variant in question.variants:
                if variant.result in own:
                    entry = said[question.name]
                    assert variant.asks in [found["asks"] for found in entry["variants"]]
                    assert f"#result-{question.answer}" in entry["answer"]
                    assert f"#topic-{question.answer.partition('.')[0]}" in entry["page"]


def test_the_register_is_a_page_with_every_answer_and_what_its_variants_ask(quoted: Quotes) -> None:
    filename, template, values = quoted.page()
    text = environment().get_template(template).render(here=filename, **COMMON, **values)
    page = BeautifulSoup(text, "html.parser")
    for question in quoted.questions:
        card = page.find(id=f"question-{question.name}")
        assert card is not None and question.asks in card.get_text()
        links = [link["href"] for link in card.select("a.te-number")]
        assert links == [f"#result-{name}" for name in (question.answer, *(v.result for v in question.variants))]  # fmt: skip
        assert all(variant.asks in card.get_text() for variant in question.variants)


def test_a_prediction_that_the_report_computes_leads_to_the_number_of_today(quoted: Quotes) -> None:
    entry = quoted.of_predictions()["tsmc_capex_100bn_by_2028"]
    assert "#result-supply_constraints.tsmc_100bn" in entry["answer"]


# A page ----------------------------------------------------------------------------------------

ROWS = {str(row["id"]): {str(k): v for k, v in row.items()} for row in frame().to_dict("records")}
QUOTED = Quotes((SPEND,), ROWS, {"market": "The market", "firm": "One firm"})


def test_an_answer_on_its_own_page_needs_no_word_and_a_variant_does() -> None:
    assert not QUOTED.on_page(["market.spend"], "market")
    assert [e["name"] for e in QUOTED.on_page(["demand.spend"], "demand")] == ["spend"]
    (entry,) = QUOTED.beside(["firm.pace"], "firm")
    assert (entry["here"], entry["variants"][0]["asks"]) == (False, "if one firm's pace went on")


def test_a_variant_that_prints_what_the_answer_prints_is_not_put_beside_it() -> None:
    rows = {**ROWS, "firm.pace": {**ROWS["firm.pace"], "value": 955.0, "unit": "USD"}}
    assert not Quotes((SPEND,), rows, {}).beside(["firm.pace"], "firm")


def test_a_variant_that_answers_another_question_is_not_put_beside_it() -> None:
    pace = Question("pace", "How fast?", "firm.pace", (), (), "pace")
    quoted = Quotes((SPEND, pace), ROWS, {})
    assert not quoted.beside(["firm.pace"], "firm")
    assert [entry["name"] for entry in quoted.on_page(["firm.pace"], "firm")] == ["spend"]


def test_an_answer_on_a_page_that_is_left_out_is_said_to_be_there() -> None:
    quoted = Quotes((SPEND,), {"firm.pace": ROWS["firm.pace"]}, {"firm": "One firm"})
    text = section(quoted.on_page(["firm.pace"], "firm"))
    assert "answered on the page Market, which this report leaves out" in text


def section(entries: list[dict[str, object]]) -> str:
    """The text of the section that a page shows."""
    parts = environment().get_template("question_parts.html.j2").module
    shown = str(parts.section(entries))  # type: ignore[attr-defined]
    return " ".join(BeautifulSoup(shown, "html.parser").get_text().split())


def test_a_fork_with_a_register_of_its_own_quotes_from_it(new_project: Path) -> None:
    path = new_project / "data" / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    real = json.loads((ROOT / "data/datapackage.json").read_text(encoding="utf-8"))
    package["resources"] += [r for r in real["resources"] if r["name"] == "questions"]
    path.write_text(json.dumps(package), encoding="utf-8")
    rows = [
        {"question": "size", "role": "answer", "result": "alpha.last_shipment", "asks": "How many?",
         "concerns": "widgets shipped"},
        {"question": "size", "role": "variant", "result": "beta.price", "asks": "at what price"},
    ]  # fmt: skip
    write_table(new_project, "questions", rows)
    for words in (("sync",), ("check",), ("build", "--quiet")):
        done = token_economics(new_project, *words)
        assert done.returncode == 0, done.stderr
    report = new_project / "reports" / "base"
    page = BeautifulSoup((report / "02_beta.html").read_text("utf-8"), "html.parser")
    said = page.find(id="one-question")
    assert said is not None and said.parent is not None
    assert "How many?" in said.parent.get_text() and "at what price" in said.parent.get_text()
    assert said.parent.find("a", href="01_alpha.html#result-last_shipment") is not None
    index = BeautifulSoup((report / "index.html").read_text("utf-8"), "html.parser")
    assert index.select_one('main a[href="questions.html"]') is not None
    assert "at what price" in (report / "questions.html").read_text("utf-8")


def test_without_a_register_no_page_speaks_of_it(built: Path) -> None:
    assert not (built / "questions.html").exists()
    assert not [p.name for p in built.glob("*.html") if "questions.html" in p.read_text("utf-8")]


# The market's record ---------------------------------------------------------------------------

RECORD = {quotes.HELD, quotes.SCORED, quotes.OVER_NAIVE}


def numbers_in(markup: str) -> set[str]:
    links = BeautifulSoup(markup, "html.parser").select("a.te-number")
    return {str(link["href"]).partition("#result-")[2] for link in links}


def test_the_summary_tells_the_record_of_the_ranges_in_its_answer(quoted: Quotes) -> None:
    template = evaluate.summary_answer(pd.DataFrame(list(quoted.rows.values())))
    assert all(f"{{{name}:v}}" in template for name in RECORD)


def test_the_index_tells_the_record_beside_its_ranges(
    executions: list[Execution], shown: dict[str, results.Shown], quoted: Quotes
) -> None:
    bodies = {execution.source.topic: {"body": "", "contents": []} for execution in executions}
    values = front.parts(executions, shown, bodies, read_book(), quoted)
    text = environment().get_template("index.html.j2").render(
        here="index.html", title="Tokens", charts=False, **COMMON, **values
    )  # fmt: skip
    said = BeautifulSoup(text, "html.parser").select_one("#numbers ~ .te-record")
    assert said is not None
    assert numbers_in(str(said)) == RECORD
    assert said.find_parent("details") is None


def test_every_page_of_the_market_tells_its_record_once(
    executions: list[Execution], shown: dict[str, results.Shown], quoted: Quotes
) -> None:
    told = {}
    for execution in executions:
        answered = numbers_in(topic_page.answer(execution))
        line = numbers_in(str(said_of(execution, shown, quoted)["record"]))
        in_answer = any(name.endswith(quotes.HELD.partition(".")[2]) for name in answered)
        told[execution.source.topic] = in_answer or line == RECORD
        assert not (in_answer and line)
    of_the_market = {"summary", "demand_explosion", "where_tokens_go", "token_market", "phantom_gdp",
                     "supply_constraints", "jevons_dynamics", "phantom_evidence", "claims_and_predictions",
                     "forecast_record", "what_to_measure", "list_prices"}  # fmt: skip
    assert {topic for topic, is_told in told.items() if is_told} == of_the_market


def test_the_record_stands_under_the_answer_and_is_not_folded() -> None:
    line = quotes.record(dict.fromkeys(RECORD, ROWS["firm.pace"]))
    values = {
        **dict.fromkeys(("title", "question", "answer", "key_figure", "body", "file", "href"), ""),
        **dict.fromkeys(("assumptions_table", "sources_list", "previous", "following"), ""),
        **dict.fromkeys(("contents", "beside", "questions"), ()),
        "charts": False, "here": "06.html", "record": line, **COMMON,
    }  # fmt: skip
    page = BeautifulSoup(
        environment().get_template("topic.html.j2").render(**values), "html.parser"
    )
    said = page.select_one(".te-opening > .te-record")
    assert said is not None and "intervals held 97.0 % of 97.0 % outcomes" in said.get_text().replace("\N{NO-BREAK SPACE}", " ")  # fmt: skip


def test_without_the_page_on_the_market_no_number_is_told() -> None:
    assert "which this report leaves out" in quotes.record({})


@pytest.mark.parametrize(
    ("cell", "reached"),
    [
        ("from token_economics.headlines.market import market_memo as m\nm.solve(a, b)", True),
        ("from token_economics.answers import evaluate\nevaluate.summary_results(book)", True),
        ("%time\nfrom token_economics.headlines import token_market", False),
        ("from token_economics.headlines import token_market", False),
        ("from token_economics.headlines import token_counts as t\nt.results(book)", False),
    ],
)  # fmt: skip
def test_what_a_notebook_reaches_follows_its_calls(cell: str, reached: bool) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    assert quotes.reaches_the_market(notebook) is reached
