"""The newest list prices of two compilers, written beside the record for review and never into it.

Which packages, sellers and ids count is said in ``data/datapackage.json``, as `compiled` of the
tables ``list-prices`` and ``dated-prices``. A package is read and never run. Needs a network; the
package index is the one that pip is set to.
"""

from __future__ import annotations

import ast
import datetime
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from token_economics.evidence import refresh, tables
from token_economics.evidence.refresh import RefreshError

Row = dict[str, Any]
Id = tuple[str, str]  # provider and model
SPELLS, DATED, REVIEW = "list-prices", "dated-prices", "review.txt"
PRICES = ("input_usd_per_mtok", "output_usd_per_mtok")
BULK = 20  # entries that start on one day: more, and it is a day of compilation
OPTIONAL = {
    "cached_input_usd_per_mtok": "cache_read_input_token_cost",
    "batch_input_usd_per_mtok": "input_cost_per_token_batches",
    "batch_output_usd_per_mtok": "output_cost_per_token_batches",
}


class Release(NamedTuple):
    """The newest release of a package, as the index had it."""

    package: str
    version: str
    text: str  # of the file that holds the prices
    accessed: datetime.date

    @property
    def source_id(self) -> str:
        """Id of the source that the release is."""
        return re.sub(r"\W", "_", f"{self.package}_{self.version}".lower())

    def source(self, like: str) -> Row:
        """Its row of the sources; publisher and licence are those of a source of the record."""
        (known,) = tables.sources([like]).to_dict("records")
        return {
            **{name: known[name] for name in ("publisher", "url", "licence", "seen")},
            "id": self.source_id, "title": f"Prices in release {self.version} of {self.package}",
            "accessed": f"{self.accessed:%Y-%m}",
        }  # fmt: skip


def told(folder: Path, what: str | None) -> Iterator[str]:
    """Refresh live series, or list prices where ``what`` says so; lines that say what was written."""
    today = datetime.date.today()
    write_new = write if what == "prices" else refresh.write
    written = write_new(folder, accessed=today)
    yield from (f"{folder / table}: {rows} rows" for table, rows in written.items())
    if (folder / REVIEW).exists():
        yield f"{folder / REVIEW}: what changed, is new or has ended"
    yield f"try it: token-economics build --data {folder}" if written else "nothing is new"


def write(folder: Path, *, accessed: datetime.date) -> dict[str, int]:
    """Read the newest releases and write what the record lacks into a folder; rows by table.

    The catalogue of a new release is written whole, as spells of one day, since an id that it
    leaves out has ended; ``review.txt`` says which prices changed, which ids are new or have ended.

    Raises `RefreshError`: if a package cannot be had or read, or the folder holds something;
    nothing is written.
    """
    refresh.refuse_full(folder)
    compiled = {name: tables.resource(name)["compiled"] for name in (SPELLS, DATED)}
    releases = {name: newest(made, accessed=accessed) for name, made in compiled.items()}
    rows: dict[str, list[Row]] = {}
    lines: list[str] = []
    if (release := releases[SPELLS]).version not in set(tables.read("price-snapshots")["version"]):
        spells = catalogue(release, compiled[SPELLS])
        lines = differences(spells)
        snapshot = {"day": f"{accessed:%Y-%m-%d}", "package": release.package}
        snapshot |= {"version": release.version, "source_id": release.source_id}
        rows = {SPELLS: spells, "price-snapshots": [snapshot]}
    second = releases[DATED], compiled[DATED]
    if found := news(dated(*second), *second):
        rows[DATED] = found
        lines += [f"dated: {_line(row)} from {row['starts'] or 'no day given'}" for row in found]
    cited = [name for name in compiled if name in rows]
    if cited:
        rows["sources"] = [releases[name].source(compiled[name]["source_id"]) for name in cited]
    return refresh.save(folder, rows, **({REVIEW: "\n".join(lines) + "\n"} if lines else {}))


def newest(compiled: Mapping[str, Any], *, accessed: datetime.date) -> Release:
    """The newest release of the package that the description of a table names.

    Raises `RefreshError`: if the index cannot be reached, or has no such package or file.
    """
    package, member = compiled["package"], compiled["file"]
    options = ["--quiet", "--no-deps", "--no-cache-dir", "--only-binary=:all:"]
    with tempfile.TemporaryDirectory() as into:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, "--dest", into, package],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        wheels = list(Path(into).glob("*.whl"))
        if done.returncode or not wheels:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            reason = (said or ["pip found none"])[-1].removeprefix("ERROR: ")
            raise RefreshError(f"package {package}: {reason}; is there a network?")
        with zipfile.ZipFile(wheels[0]) as archive:
            held = [name for name in archive.namelist() if name.endswith(member)]
            if not held:
                raise RefreshError(f"package {package}: {wheels[0].name} holds no {member}")
            text = archive.read(held[0]).decode()
    return Release(package, wheels[0].name.split("-")[1], text, accessed)


def catalogue(release: Release, compiled: Mapping[str, Any]) -> list[Row]:
    """Spells of one day of all text models in a catalogue, in the columns of ``list-prices``.

    Raises `RefreshError`: if the file is no catalogue of prices.
    """
    try:
        entries = {key: dict(entry) for key, entry in json.loads(release.text).items()}
    except (ValueError, AttributeError, TypeError):
        raise RefreshError(f"package {release.package}: its catalogue has another form") from None
    day = f"{release.accessed:%Y-%m-%d}"
    own = {"first_seen": day, "last_seen": day, "snapshots": 1}
    own |= {"source_id": release.source_id, "grade": "secondary"}
    rows = {}
    for key, entry in entries.items():
        if (sold := _sold(key, entry, compiled)) is not None:
            provider, role, model = sold
            kind = _id_kind(model.rpartition("/")[2], compiled["dated_id"])
            rows[provider, model] = {
                "provider": provider, "role": role, "model": model, **own, "id_kind": kind,
                **_prices(entry), "context_tokens": _context(entry),
            }  # fmt: skip
    return [row for key, row in sorted(rows.items()) if not _short_of_a_long(key, rows)]


def _sold(key: str, entry: Mapping[str, Any], compiled: Mapping[str, Any]) -> Any:
    """Provider, role and model of an entry that the record follows; none of any other."""
    given = str(entry.get("litellm_provider", ""))
    model = key.removeprefix(f"{given}/")
    costs = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    provider = {**compiled["first_parties"], **compiled["hosts"]}.get(given)
    if provider is None or entry.get("mode") not in ("chat", "responses", None) or not all(costs):
        return None
    if re.search(compiled["left_out"], model, re.IGNORECASE):
        return None
    others = compiled["others_models"].get(provider)
    host = given in compiled["hosts"] or (others is not None and re.match(others, model))
    return provider, "host" if host else "first party", model


def _prices(entry: Mapping[str, Any]) -> Row:
    costs = dict(zip(PRICES, ("input_cost_per_token", "output_cost_per_token"), strict=True))
    given = {name: entry.get(cost) for name, cost in {**costs, **OPTIONAL}.items()}
    return {name: f"{round(float(cost) * 1e6, 6):.6g}" for name, cost in given.items() if cost}


def _context(entry: Mapping[str, Any]) -> int | str:
    tokens = entry.get("max_input_tokens") or entry.get("max_tokens")
    return int(float(tokens)) if tokens else ""


def _id_kind(name: str, dated_id: str) -> str:
    if "latest" in name.lower():
        return "alias"
    return "dated" if re.search(dated_id, name) else "undated"


def _short_of_a_long(key: Id, rows: Mapping[Id, Row]) -> bool:
    """Whether Fireworks lists the model under a long id as well."""
    provider, model = key
    return provider == "Fireworks" and any(
        (provider, f"accounts/fireworks/{kind}/{model}") in rows for kind in ("models", "routers")
    )


def differences(spells: list[Row]) -> list[str]:
    """How the spells of a day differ from the newest snapshot of the record, a line each."""
    record = tables.read(SPELLS)
    running = record[record["last_seen"] == record["last_seen"].max()]
    before = {(row["provider"], row["model"]): row for row in running.to_dict("records")}
    now = {(row["provider"], row["model"]): row for row in spells}
    changed = [
        f"changed: {_line(before[key])} to {_said(now[key])}"
        for key in before.keys() & now.keys()
        if any(abs(float(now[key][p]) / before[key][p] - 1) > refresh.SAME for p in PRICES)
    ]
    added = [f"new: {_line(now[key])}" for key in now.keys() - before.keys()]
    ended = [f"ended: {_line(before[key])}" for key in before.keys() - now.keys()]
    return [*sorted(changed), *sorted(added), *sorted(ended)]


def _line(row: Mapping[Any, Any]) -> str:
    return f"{row['provider']} {row['model']} {_said(row)}"


def _said(row: Mapping[Any, Any]) -> str:
    return "/".join(f"{float(row[price]):g}" for price in PRICES)


def dated(release: Release, compiled: Mapping[str, Any]) -> list[Row]:
    """Prices with their first days in the second compiler's file; its Python is parsed, not run.

    An entry whose price depends on the hour is left to ``tariffs``.

    Raises `RefreshError`: if the file is no list of providers.
    """
    try:
        calls = [n for n in ast.walk(ast.parse(release.text)) if isinstance(n, ast.Call)]
        providers = [_keywords(call) for call in calls if _name(call) == "Provider"]
        found = [
            {"provider": compiled["providers"][sold], "compiled_as": ast.literal_eval(of["id"]), **price}
            for provider in providers
            if (sold := ast.literal_eval(provider["id"])) in compiled["providers"]
            for of in map(_keywords, provider["models"].elts)
            for price in _dated_prices(of["prices"])
        ]  # fmt: skip
    except (SyntaxError, KeyError, AttributeError, ValueError, TypeError, IndexError):
        found = []
    if not found:
        raise RefreshError(f"package {release.package}: its list of prices has another form")
    return found


def _name(node: Any) -> str:
    """What a call calls; nothing of any other node."""
    return str(getattr(getattr(node, "func", None), "id", ""))


def _keywords(call: Any) -> dict[str, Any]:
    return {keyword.arg: keyword.value for keyword in call.keywords}


def _dated_prices(node: Any) -> Iterator[Row]:
    entries = (
        [_keywords(n) for n in node.elts] if isinstance(node, ast.List) else [{"prices": node}]
    )
    limits = [entry.get("constraint") for entry in entries]
    if "TimeOfDateConstraint" in map(_name, limits):
        return
    before: tuple[float, ...] = ()
    for entry, limit in zip(entries, limits, strict=True):
        costs = _keywords(entry["prices"])
        prices = tuple(
            _base(costs[cost]) for cost in ("input_mtok", "output_mtok") if cost in costs
        )
        if len(prices) == 2 and min(prices) > 0 and prices != before:
            starts = _day(_keywords(limit)["start_date"]) if _name(limit) else ""
            yield {"starts": starts, **dict(zip(PRICES, prices, strict=True))}
            before = prices


def _day(node: Any) -> str:
    return str(datetime.date(*map(ast.literal_eval, node.args)))


def _base(node: Any) -> float:
    """A price, or that of the lowest tier of length. [USD per million tokens]"""
    inner = _keywords(node)["base"] if _name(node) == "TieredPrices" else node
    return float(ast.literal_eval(inner.args[0]))


def news(found: list[Row], release: Release, compiled: Mapping[str, Any]) -> list[Row]:
    """Dated prices that the record lacks; an entry that is new to it, of first parties alone."""
    record = tables.read(DATED)
    record["starts"] = record["starts"].dt.strftime("%Y-%m-%d").fillna("")
    ours: dict[Id, list[str]] = {}
    known = set()
    for row in record.to_dict("records"):
        ours.setdefault((row["provider"], row["compiled_as"]), []).append(row["model"])
        known.add(_dated_key(row))
    days = Counter(row["starts"] for row in found if row["starts"])
    added = {"source_id": release.source_id, "grade": "secondary"}
    lacking = [(row, _ids(row, ours, compiled)) for row in found if _dated_key(row) not in known]
    return [
        {**row, "model": model, "bulk_dated": str(days[row["starts"]] > BULK).lower(), **added}
        for row, ids in lacking
        for model in ids
    ]


def _dated_key(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("provider", "compiled_as", "starts", *PRICES))


def _ids(row: Row, ours: Mapping[Id, list[str]], compiled: Mapping[str, Any]) -> list[str]:
    """Our ids of an entry; its own where it is new, of a first party and a text model of its."""
    provider, entry = row["provider"], row["compiled_as"]
    if (known := ours.get((provider, entry))) is not None:
        return list(dict.fromkeys(known))
    others = compiled["others_models"].get(provider)
    kept = provider in compiled["first_parties"] and not (others and re.match(others, entry))
    return [entry] if kept and not re.search(compiled["left_out"], entry, re.IGNORECASE) else []
