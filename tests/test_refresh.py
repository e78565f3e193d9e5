"""Live sources: what is new goes beside the record in its schema; offline, nothing is written."""

import datetime
import json
import os
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import Result
from fixture_project import ROOT, bytes_of, rows_of

from token_economics.evidence import refresh, refresh_prices, tables

fred = pytest.importorskip("pandas_datareader.fred")
DAY = datetime.date(2026, 10, 9)
# Recorded in the source's form, with figures of our own making: 1990 as it stands in the record,
# 1991 revised, 2026 new, and a year not published yet.
ANSWERS = {
    "GDPA": "observation_date,GDPA\n1990-01-01,5963.1\n1991-01-01,6200\n2026-01-01,32000.5\n2027-01-01,.\n",
    "GDPCA": "observation_date,GDPCA\n2026-01-01,24500\n",
}


class Recorded(BaseHTTPRequestHandler):
    """Answers with the recorded text of the series that is asked for."""

    def do_GET(self) -> None:
        text = ANSWERS.get(self.path.rpartition("=")[2])
        self.send_response(200 if text else 404)
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The client library pointed at a server on loopback."""
    server = HTTPServer(("127.0.0.1", 0), Recorded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/fredgraph.csv"
    monkeypatch.setattr(fred.FredReader, "url", property(lambda _: address))
    yield
    server.shutdown()
    server.server_close()


def test_new_and_revised_years_are_written_in_the_schema(
    source: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bytes_of(ROOT / "data")
    assert refresh.write(tmp_path / "new", accessed=DAY) == {
        "macro": 3,
        "sources": 2,
        "contradictions": 1,
    }
    rows = {(row["variable"], row["period"]): row for row in rows_of(tmp_path / "new/macro.csv")}
    assert set(rows) == {("gdp_nominal", "1991"), ("gdp_nominal", "2026"), ("gdp_real", "2026")}
    assert rows["gdp_nominal", "1991"]["note"].startswith("The record has 6158.1")
    assert rows["gdp_real", "2026"]["source_id"] == "fred_gdpca_2026_10_09"
    monkeypatch.setenv("TOKEN_ECONOMICS_DATA", str(tmp_path / "new"))
    assert tables.validate() == []
    assert bytes_of(ROOT / "data") == before


def test_a_folder_that_holds_something_is_left_alone(source: None, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(refresh.RefreshError, match="not empty"):
        refresh.write(tmp_path, accessed=DAY)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_offline_it_says_so_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Result]
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    result = command("refresh", "--out", str(tmp_path / "new"))
    assert result.exit_code == 1
    assert "GDPA" in result.output and "is there a network?" in result.output
    assert not (tmp_path / "new").exists()


def test_without_the_extra_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Result]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas_datareader", None)
    result = command("refresh", "--out", str(tmp_path / "new"))
    assert result.exit_code == 1
    assert "token-economics[refresh]" in result.output


CATALOGUE = {
    "sample_spec": {"litellm_provider": "one of the providers", "mode": "chat"},
    "o3": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 4e-6},
    "gpt-4.1": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2e-6, "output_cost_per_token": 8e-6},
    "xai/grok-9-20270102": {"litellm_provider": "xai", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6,
                            "cache_read_input_token_cost": 2e-7, "max_input_tokens": 256000},
    "dashscope/glm-9": {"litellm_provider": "dashscope", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
    "gpt-audio-9": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
    "openrouter/a/b:batch": {"litellm_provider": "openrouter", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
    "groq/free": {"litellm_provider": "groq", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0},
    "text-embedding-9": {"litellm_provider": "openai", "mode": "embedding", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6},
    "nobody/x": {"litellm_provider": "nobody", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6},
}  # fmt: skip
SECOND = """
providers = [Provider(id='openai', models=[
    ModelInfo(id='gpt-5.6-sol', prices=[
        ConditionalPrice(prices=ModelPrice(input_mtok=TieredPrices(base=Decimal('5'), tiers=[]), output_mtok=Decimal('30'))),
        ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2026, 8, 21)),
                         prices=ModelPrice(input_mtok=Decimal('4'), output_mtok=Decimal('20'))),
        ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2026, 11, 28)),
                         prices=ModelPrice(input_mtok=Decimal('3'), output_mtok=Decimal('15')))]),
    ModelInfo(id='gpt-9', prices=ModelPrice(input_mtok=Decimal('9'), output_mtok=Decimal('18'))),
    ModelInfo(id='gpt-9-night', prices=[ConditionalPrice(
        constraint=TimeOfDateConstraint(start_time=None, end_time=None),
        prices=ModelPrice(input_mtok=Decimal('9'), output_mtok=Decimal('18')))]),
    ModelInfo(id='gpt-audio-9', prices=ModelPrice(input_mtok=Decimal('9'), output_mtok=Decimal('18')))]),
    Provider(id='nobody', models=[ModelInfo(id='x', prices=ModelPrice(input_mtok=Decimal('1'), output_mtok=Decimal('1')))])]
"""


def wheel(folder: Path, package: str, version: str, file: str, text: str) -> None:
    """The smallest wheel that pip takes, with one file in it."""
    name = f"{package.replace('-', '_')}-{version}"
    info = f"{name}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as archive:
        archive.writestr(file, text)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of releases that stands for the package index."""
    releases = tmp_path / "index"
    releases.mkdir()
    for variable, value in (("NO_INDEX", "1"), ("FIND_LINKS", str(releases))):
        monkeypatch.setenv(f"PIP_{variable}", value)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    wheel(releases, "litellm", "9.9.9", "litellm/context_window_backup.json", json.dumps(CATALOGUE))
    wheel(releases, "genai-prices", "9.9", "genai_prices/data.py", SECOND)
    return releases


def test_new_list_prices_are_written_in_the_schema(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Result]
) -> None:
    before, new = bytes_of(ROOT / "data"), tmp_path / "new"
    result = command("refresh", "prices", "--out", str(new))
    assert result.exit_code == 0, result.output
    spells = {(row["provider"], row["model"]): row for row in rows_of(new / "list_prices.csv")}
    assert set(spells) == {("OpenAI", "o3"), ("OpenAI", "gpt-4.1"), ("xAI", "grok-9-20270102"), ("Alibaba", "glm-9")}  # fmt: skip
    grok = spells["xAI", "grok-9-20270102"]
    assert [grok[name] for name in ("id_kind", "cached_input_usd_per_mtok", "context_tokens")] == ["dated", "0.2", "256000"]  # fmt: skip
    assert spells["Alibaba", "glm-9"]["role"] == "host"
    assert rows_of(new / "price_snapshots.csv")[0]["version"] == "9.9.9"
    dated = {(row["model"], row["starts"], row["input_usd_per_mtok"]) for row in rows_of(new / "dated_prices.csv")}  # fmt: skip
    assert dated == {("gpt-5.6-sol", "2026-11-28", "3.0"), ("gpt-5.6", "2026-11-28", "3.0"), ("gpt-9", "", "9.0")}  # fmt: skip
    review = (new / "review.txt").read_text(encoding="utf-8").splitlines()
    assert "changed: OpenAI o3 2/8 to 1/4" in review
    assert "new: xAI grok-9-20270102 1/2" in review
    assert "ended: Anthropic claude-opus-5-5 4/20" in review
    assert not [line for line in review if "OpenAI gpt-4.1 " in line]
    assert {row["id"] for row in rows_of(new / "sources.csv")} == {"litellm_9_9_9", "genai_prices_9_9"}  # fmt: skip
    monkeypatch.setenv("TOKEN_ECONOMICS_DATA", str(new))
    assert tables.validate() == []
    assert bytes_of(ROOT / "data") == before


def test_releases_that_the_record_holds_are_not_news(index: Path, tmp_path: Path) -> None:
    for file in index.iterdir():
        file.unlink()
    wheel(index, "litellm", "1.108.14", "litellm/context_window_backup.json", "{}")
    held = SECOND.replace("2026, 11, 28", "2026, 8, 22").replace("'3'", "'4'").replace("'15'", "'20'")  # fmt: skip
    wheel(index, "genai-prices", "0.2.3", "genai_prices/data.py", held.replace("'gpt-9'", "'gpt-audio-8'"))  # fmt: skip
    assert refresh_prices.write(tmp_path / "new", accessed=DAY) == {}
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("package", "file", "text", "said"),
    [
        ("litellm", "", "", "package litellm: No matching distribution found for litellm; is there a network"),
        ("genai-prices", "", "", "package genai-prices: No matching distribution found"),
        ("litellm", "litellm/prices.json", "{}", "package litellm: litellm-9.9.9-py3-none-any.whl holds no context_window"),
        ("litellm", "litellm/context_window_backup.json", "[1]", "package litellm: its catalogue has another form"),
        ("genai-prices", "genai_prices/data.py", "providers = load()", "package genai-prices: its list of prices has another form"),
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_had_or_read_is_named_and_nothing_written(
    package: str, file: str, text: str, said: str, index: Path, tmp_path: Path,
    command: Callable[..., Result],
) -> None:  # fmt: skip
    (found,) = index.glob(f"{package.replace('-', '_')}-*")
    found.unlink()
    if file:
        wheel(index, package, found.name.split("-")[1], file, text)
    result = command("refresh", "prices", "--out", str(tmp_path / "new"))
    assert result.exit_code == 1
    assert said in result.output and "Traceback" not in result.output
    assert not (tmp_path / "new").exists()


def test_list_prices_are_not_written_into_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(refresh.RefreshError, match="not empty"):
        refresh_prices.write(tmp_path, accessed=DAY)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
