"""The panel of list prices: what its codebook promises holds, and what breaks it is refused by name."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from fixture_project import ROOT, rows_of

from token_economics.evidence import tables

DATA = ROOT / "data"
SPELLS = rows_of(DATA / "list_prices.csv")
SNAPSHOTS = rows_of(DATA / "price_snapshots.csv")
DAYS = [row["day"] for row in SNAPSHOTS]
FAULTS = rows_of(DATA / "list_price_faults.csv")
GOODS = rows_of(DATA / "list_price_goods.csv")
LEFT_OUT = r"\btts\b|audio|realtime|voxtral|image|embed|rerank|moderation|guard|\bomni\b|:batch$"
SOURCE = "our_prices_2026,Our firm,Price lists,,2026-09,2026-10,,own,original,"
KEYS = "provider,role,model,first_seen,last_seen,snapshots,input_usd_per_mtok,output_usd_per_mtok,"
REST = "cached_input_usd_per_mtok,batch_input_usd_per_mtok,batch_output_usd_per_mtok,context_tokens,id_kind,source_id,grade"
SPELL = "Groq,host,ours-1,2026-07-30,2026-08-22,2,0.2,0.4,,,,,undated,our_prices_2026,primary"
FAULT = "provider,model,first_seen,fault,wrong_spell,source_id,grade,note\n"
TARIFF = "provider,model,from,until,kind,hours_utc,days,above_tokens,input_usd_per_mtok,output_usd_per_mtok,source_id,grade,note\n"


def test_a_spell_counts_the_snapshots_that_it_spans_and_cites_their_packages() -> None:
    sources = dict(zip(DAYS, (row["source_id"] for row in SNAPSHOTS), strict=True))
    for row in SPELLS:
        spanned = DAYS[bisect_left(DAYS, row["first_seen"]) : bisect_right(DAYS, row["last_seen"])]
        assert int(row["snapshots"]) == len(spanned), row
        assert row["source_id"] == " ".join(sorted({sources[day] for day in spanned})), row


def test_neighbouring_spells_differ_in_price_or_have_a_gap_between_them() -> None:
    spells = defaultdict(list)
    for row in SPELLS:
        spells[row["provider"], row["model"]].append(row)
    prices = ("input_usd_per_mtok", "output_usd_per_mtok")
    for before, after in (pair for rows in spells.values() for pair in pairwise(rows)):
        gap = DAYS.index(after["first_seen"]) - DAYS.index(before["last_seen"])
        assert gap > 1 or any(before[price] != after[price] for price in prices), after


def test_ids_that_are_no_text_models_are_left_out_and_kinds_follow_the_id() -> None:
    for row in SPELLS:
        name = row["model"].rpartition("/")[2].lower()
        assert not re.search(LEFT_OUT, row["model"].lower()), row["model"]
        assert (row["id_kind"] == "alias") == ("latest" in name), row["model"]
        if re.search(r"20\d{6}|20\d\d-\d\d-\d\d", name) and "latest" not in name:
            assert row["id_kind"] == "dated", row["model"]


def test_every_fault_is_of_a_change_between_two_spells() -> None:
    first: dict[tuple[str, str], str] = {}
    for row in SPELLS:
        first.setdefault((row["provider"], row["model"]), row["first_seen"])
    for row in FAULTS:
        assert row["first_seen"] > first[row["provider"], row["model"]], row
        assert bool(row["wrong_spell"]) == (row["fault"] != "re-pointed"), row


def test_a_good_is_sold_by_two_and_a_re_pointed_id_is_none() -> None:
    sellers = defaultdict(set)
    for row in GOODS:
        sellers[row["good"]].add(row["provider"])
        assert row["good"] or row["quality_model"] or row["tier"], row
    assert {good for good, by in sellers.items() if len(by) < 2} <= {""}
    moved = {(row["provider"], row["model"]) for row in FAULTS if row["fault"] == "re-pointed"}
    assert not moved & {(row["provider"], row["model"]) for row in GOODS if row["good"]}


@pytest.mark.parametrize(
    ("dear", "cheap"), [("peak", "off-peak"), ("long context", "list"), ("list", "promotion")]
)
def test_a_tariff_orders_its_prices(dear: str, cheap: str) -> None:
    rows = rows_of(DATA / "tariffs.csv")
    pairs = [
        (above, below)
        for above in rows
        for below in rows
        if (above["kind"], below["kind"], above["model"]) == (dear, cheap, below["model"])
        if cheap == "promotion"
        or max(above["from"], below["from"])
        <= min(above["until"] or "9999", below["until"] or "9999")
    ]
    assert pairs
    for above, below in pairs:
        for price in ("input_usd_per_mtok", "output_usd_per_mtok"):
            assert float(above[price]) > float(below[price]), (above, below)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source of the user's own, named to this process."""
    monkeypatch.setenv("TOKEN_ECONOMICS_ROOT", str(ROOT))
    header = (DATA / "sources.csv").read_text(encoding="utf-8").partition("\n")[0]
    folder = tmp_path / "my_data"
    folder.mkdir()
    (folder / "sources.csv").write_text(f"{header}\n{SOURCE}\n", encoding="utf-8")
    monkeypatch.setenv("TOKEN_ECONOMICS_DATA", str(folder))
    return folder


def test_a_spell_of_ones_own_joins_the_panel(own: Path) -> None:
    (own / "list_prices.csv").write_text(f"{KEYS}{REST}\n{SPELL}\n", encoding="utf-8")
    assert tables.validate() == []
    assert len(tables.read("list-prices")) == len(SPELLS) + 1


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        ("list_prices", SPELL.replace("0.2,0.4", "-0.2,0.4"), "row 2, column input_usd_per_mtok: found '-0.2'; allowed is from 0.0001 to 10,000"),
        ("list_prices", SPELL.replace("0.2,0.4", "0.2,0"), "row 2, column output_usd_per_mtok: found '0'; allowed is from 0.0001 to 10,000"),
        ("list_prices", SPELL.replace("Groq", "Gork"), "row 2, column provider: found 'Gork'; allowed are Alibaba, "),
        ("list_prices", SPELL.replace("2026-07-30", "2026-09-29"), "row 2, column last_seen: found '2026-08-22'; not before first_seen, 2026-09-29"),
        ("list_prices", SPELL.replace("2026-07-30", "2026-07-29"), "row 2, column first_seen: found '2026-07-29'; price_snapshots.csv has no such id"),
        ("list_prices", SPELL.replace("2026-08-22", "2026-08-23"), "row 2, column last_seen: found '2026-08-23'; price_snapshots.csv has no such id"),
        ("list_prices", f"{SPELL}\n{SPELL.replace('07-30', '08-22').replace('0.2,', '0.3,')}", "row 3, column first_seen: found '2026-08-22'; row "),
        ("list_prices", SPELL.replace("undated", "named"), "row 2, column id_kind: found 'named'; allowed are dated, undated, alias"),
        ("list_price_faults", f"{FAULT}Groq,nobody,2026-07-30,promotion,this,our_prices_2026,weak,x", "row 2, column provider, model, first_seen: found 'Groq, nobody, 2026-07-30'; list_prices.csv has no such row"),
        ("list_price_faults", f"{FAULT}OpenAI,o3,2025-06-28,bargain,this,our_prices_2026,weak,x", "row 2, column fault: found 'bargain'; allowed are re-pointed, "),
        ("list_price_goods", "provider,model,good,quality_model,tier\nGroq,nobody,x,,", "row 2, column provider, model: found 'Groq, nobody'; list_prices.csv has no such row"),
        ("list_price_goods", "provider,model,good,quality_model,tier\nOpenAI,gpt-audio,,,top", "row 2, column provider, model: found 'OpenAI, gpt-audio'"),
        ("tariffs", f"{TARIFF}Groq,x,2026-02-01,2026-01-01,list,,,,1,2,our_prices_2026,weak,", "row 2, column until: found '2026-01-01'; not before from, 2026-02-01"),
        ("tariffs", f"{TARIFF}Groq,x,,,peak,,,,1,2,our_prices_2026,weak,", "row 2, column hours_utc: found ''; say at which hours it is peak"),
        ("tariffs", f"{TARIFF}Groq,x,,,long context,,,,1,2,our_prices_2026,weak,", "row 2, column above_tokens: found ''; a long-context price has one"),
        ("dated_prices", "provider,model,compiled_as,starts,input_usd_per_mtok,output_usd_per_mtok,bulk_dated,source_id,grade\nGroq,x,x,,1,2,maybe,our_prices_2026,weak", "row 2, column bulk_dated: found 'maybe'; allowed is true or false"),
    ],
)  # fmt: skip
def test_what_breaks_the_panel_is_refused_by_name(
    table: str, text: str, said: str, own: Path
) -> None:
    header = f"{KEYS}{REST}\n" if table == "list_prices" else ""
    (own / f"{table}.csv").write_text(f"{header}{text}\n", encoding="utf-8")
    problems = tables.validate()
    assert [p for p in problems if p.startswith(f"my_data/{table}.csv: {said}")], problems
