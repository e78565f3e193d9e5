"""Live sources: what is new goes beside the record in its schema; offline, nothing is written."""

import datetime
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import Result
from fixture_project import ROOT, bytes_of, rows_of

from token_economics.evidence import refresh, tables

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
