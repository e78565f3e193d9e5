"""How the topics hang together: what drives what, from assumptions to what GDP misses.

The one statement of it: the index and the summary page both show what `markup` gives.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

from token_economics.headlines.rows import Quantity


@dataclass(frozen=True)
class Node:
    """A thing that drives others: a page of the report, with the number that sums it up."""

    title: str
    says: str
    href: str
    result: str = ""
    result_says: str = ""


# Columns of the map in causal order: what stands in one drives what stands in the next.
STEPS = (
    (
        Node("Assumptions", "numbers that we chose, with ranges", "assumptions.html"),
        Node("Evidence", "figures with source and grade", "evidence.html"),
    ),
    (
        Node(
            "Demand",
            "tasks that are worth their tokens, and how fast firms take them up",
            "#topic-demand_explosion",
            "demand_explosion.median_growth",
            "growth of spend a month",
        ),
        Node(
            "Layers of supply",
            "logic, packaging, memory, power and money limit what is added",
            "#topic-supply_constraints",
            "supply_constraints.memory_binds",
            "chance that memory limits",
        ),
    ),
    (
        Node(
            "The token market",
            "one price of compute clears demand and supply",
            "#topic-token_market",
            "token_market.price_over_cost_next",
            "full cost, next year",
        ),
    ),
    (
        Node(
            "Jevons",
            "whether cheaper tokens raise spending, or end as rent",
            "#topic-jevons_dynamics",
            "jevons_dynamics.efficiency_raises_spend",
            "chance that they raise it",
        ),
    ),
    (
        Node(
            "Phantom GDP",
            "what of the cost saved the accounts do not see",
            "#topic-phantom_gdp",
            "phantom_gdp.phantom_share",
            "of GDP, unseen",
        ),
    ),
)
FEEDBACKS = (
    ("The token market", "Layers of supply", "rents pay for new capacity, with a lead time"),
    ("The token market", "Demand", "the price decides which tasks are worth doing"),
    ("Jevons", "The token market", "what is saved a token comes back as more tokens"),
)


def markup(known: Mapping[str, Quantity]) -> str:
    """The map as an ordered list that a style sheet lays out; numbers that are known are links."""
    steps = "".join(
        f'<li class="te-map-step"><ul>{"".join(_node(node, known) for node in step)}</ul></li>'
        for step in STEPS
    )
    back = "".join(
        f"<li>{_name(source)} \N{RIGHTWARDS ARROW} {_name(target)}: {html.escape(why)}.</li>"
        for source, target, why in FEEDBACKS
    )
    return (
        '<div class="te-map te-wide" role="group" aria-label="What drives what: each step drives the next">'
        f'<ol class="te-map-steps">{steps}</ol>'
        f'<p class="te-map-back">And back again:</p><ul class="te-map-back">{back}</ul></div>'
    )


def text(known: Mapping[str, Quantity]) -> str:
    """The map in words, a line a step."""
    return "\n".join(
        " and ".join(
            node.title + (f" ({known[node.result]:v})" if node.result in known else "")
            for node in step
        )
        + (" drive" if at < len(STEPS) - 1 else "")
        for at, step in enumerate(STEPS)
    )


def _node(node: Node, known: Mapping[str, Quantity]) -> str:
    number = ""
    if node.result in known:
        quantity = known[node.result]
        title = html.escape(f"{quantity.row['label']}: {quantity:}", quote=True)
        shown = html.escape(f"{quantity:v}")
        number = (
            f'<p class="te-map-number"><a class="te-number" href="#result-{node.result}" '
            f'title="{title}">{shown}</a> {html.escape(node.result_says)}</p>'
        )
    return (
        f'<li class="te-node"><a href="{node.href}">{html.escape(node.title)}</a>'
        f"<p>{html.escape(node.says)}</p>{number}</li>"
    )


def _name(title: str) -> str:
    node = next(node for step in STEPS for node in step if node.title == title)
    return f'<a href="{node.href}">{html.escape(title)}</a>'
