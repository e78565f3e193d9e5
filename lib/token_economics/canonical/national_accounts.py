"""Canonical cases of accounts and welfare: P1, P2, P4, P6, P7, M5, G3, G6, G10."""

import numpy as np

from token_economics.canonical import CanonicalCase, made_by
from token_economics.methods.arrays import Numbers
from token_economics.models.derived_demand import HourDemand
from token_economics.models.labour_equivalence import (
    replace_work,
    token_cost_share,
    value_new_work,
    work_done,
)
from token_economics.models.national_accounts import (
    CostFall,
    consumer_surplus_gain,
    deflator_capture,
    replace_bought_service,
    sector_accounts,
    unit_value_phantom,
)
from token_economics.models.welfare import (
    close_economy,
    cost_of_living,
    measured_real_gdp,
    task_productivity_gain,
    welfare_gain,
)

FRAME = "Own derivation, sector accounting"
NORDHAUS = "Nordhaus (1996), hours of work for 1,000 lumen-hours"
ACEMOGLU = "Acemoglu, The simple macroeconomics of AI"


def halved_cost(
    *, own_price_elasticity: float, deflator_capture: float, pass_through: float
) -> CostFall:
    """The reference case: unit cost halves and nothing else happens."""
    return CostFall(
        saving=0.5,
        pass_through=pass_through,
        quality_gain=0.0,
        own_price_elasticity=own_price_elasticity,
        demand_shift=0.0,
        deflator_capture=deflator_capture,
        self_made_share=0.0,
        self_made_token_cost=0.0,
        wage_growth=0.0,
    )


def _accounting_cases(
    id: str, change: CostFall, label: str, expected: dict[str, float]
) -> list[CanonicalCase]:
    accounts = sector_accounts(change)._asdict()
    return [
        CanonicalCase(
            id,
            "Sector accounts, ratios",
            FRAME,
            f"{quantity}, {label}",
            value,
            float(accounts[quantity] if quantity == "phantom" else np.exp(accounts[quantity])),
            1e-6,
        )
        for quantity, value in expected.items()
    ]


def _substitution_cases() -> list[CanonicalCase]:
    cases = []
    for elasticity, true_volume, nominal, surplus in (
        (-0.5, 1.414214, 0.707107, 58.5786),
        (-1.0, 2.0, 1.0, 69.3147),
        (-1.5, 2.828427, 1.414214, 82.8427),
    ):
        change = halved_cost(
            own_price_elasticity=elasticity, deflator_capture=0.0, pass_through=1.0
        )
        expected = {
            "price": 0.5,
            "true_volume": true_volume,
            "nominal": nominal,
            "measured_volume": nominal,
            "phantom": 0.693147,
        }
        cases += _accounting_cases("P1", change, f"elasticity {elasticity}", expected)
        gain = consumer_surplus_gain(
            base_spend=100.0, price_ratio=0.5, own_price_elasticity=elasticity
        )
        quantity = f"gain, elasticity {elasticity}"
        cases.append(
            CanonicalCase("P1", "Consumer surplus", FRAME, quantity, surplus, float(gain), 5e-5)
        )
    return cases


def _knife_edge_cases() -> list[CanonicalCase]:
    half = halved_cost(own_price_elasticity=-0.5, deflator_capture=0.5, pass_through=1.0)
    exact = halved_cost(own_price_elasticity=-0.5, deflator_capture=1.0, pass_through=1.0)
    partial = halved_cost(own_price_elasticity=-0.5, deflator_capture=0.25, pass_through=0.4)
    return [
        *_accounting_cases(
            "P2", half, "capture 0.5", {"measured_volume": 1.0, "phantom": 0.346574}
        ),
        *_accounting_cases("P2", exact, "capture 1", {"measured_volume": 1.414214, "phantom": 0.0}),
        *_accounting_cases(
            "P2",
            partial,
            "pass-through 0.4, capture 0.25",
            {
                "price": 0.757858,
                "true_volume": 1.148698,
                "nominal": 0.870551,
                "measured_volume": 0.933033,
                "phantom": 0.207944,
            },
        ),
    ]


SECTOR = {"base_share": 0.1, "unit_cost": 0.5}


def _closed_economy_case(
    quantity: str, expected: float, computed: object, tolerance: float
) -> CanonicalCase:
    value = float(np.asarray(computed, dtype=np.float64))
    return CanonicalCase("P4", "Closed economy, CES", FRAME, quantity, expected, value, tolerance)


def _closure_cases() -> list[CanonicalCase]:
    case, sector = _closed_economy_case, SECTOR
    absorbed = close_economy(**sector, substitution=0.5, reemployed_share=1.0)
    idle = close_economy(**sector, substitution=0.5, reemployed_share=0.0)
    unit = close_economy(**sector, substitution=1.0, reemployed_share=0.0)
    exact = measured_real_gdp(absorbed, **sector, deflator_capture=1.0)
    blind = measured_real_gdp(absorbed, **sector, deflator_capture=0.0)
    idle_blind = measured_real_gdp(idle, **sector, deflator_capture=0.0)
    gain = welfare_gain(income=1.0, cost_of_living_ratio=absorbed.cost_of_living)
    return [
        case("new share", 0.0728442, absorbed.share, 5e-8),
        case("cost of living", 0.9422792, absorbed.cost_of_living, 5e-8),
        case("(a) nominal", 1.0, absorbed.nominal_gdp, 1e-12),
        case("(a) measured", 1.0, blind["fisher"], 1e-12),
        case("(a) true", 1.0612566, absorbed.true_real_gdp, 5e-8),
        case("(a) exact deflator, Törnqvist", 1.06173, exact["tornqvist"], 5e-6),
        case("(a) exact deflator, Fisher", 1.06269, exact["fisher"], 5e-6),
        case("(b) nominal", 0.9707107, idle.nominal_gdp, 5e-8),
        case("(b) measured", 0.9707107, idle_blind["fisher"], 5e-8),
        case("(b) true", 1.0301731, idle.true_real_gdp, 5e-8),
        case("(c) nominal", 1.0, unit.nominal_gdp, 1e-12),
        case("(c) true", 1.0717735, unit.true_real_gdp, 5e-8),
        case("(a) compensating variation", 0.0577208, gain.compensating_variation, 5e-8),
        case("(a) consumer surplus", 0.0594536, gain.consumer_surplus, 5e-8),
        case("(a) equivalent variation", 0.0612566, gain.equivalent_variation, 5e-8),
    ]


def _intermediate_cases() -> list[CanonicalCase]:
    firm = {"final_output": 1000.0, "service_cost": 100.0, "token_cost": 5.0}
    kept = replace_bought_service(**firm, pass_on=0.0)
    passed_on = replace_bought_service(**firm, pass_on=1.0)
    rows = (
        ("GDP, saving kept", 1000.0, kept.gdp),
        ("supplier's value added", -100.0, kept.supplier_value_added_change),
        ("user's value added", 95.0, kept.user_value_added_change),
        ("AI firm's value added", 5.0, kept.ai_value_added_change),
        ("nominal GDP, saving passed on", 905.0, passed_on.gdp),
        ("final deflator, saving passed on", 0.905, passed_on.final_deflator),
        ("real GDP, saving passed on", 1000.0, passed_on.real_gdp),
    )
    return [
        CanonicalCase(
            "P6", "Business-to-business identity", FRAME, quantity, expected, float(computed), 1e-9
        )
        for quantity, expected, computed in rows
    ]


def _welfare_cases() -> list[CanonicalCase]:
    doubled = cost_of_living(base_share=0.5, price_ratio=2.0, substitution=1.0)
    loss = welfare_gain(income=100.0, cost_of_living_ratio=doubled)
    varian = "Varian, Cobb-Douglas, one price doubles"
    return [
        CanonicalCase(
            "G3",
            "Welfare loss of a price rise",
            varian,
            quantity,
            expected,
            -float(computed),
            5e-6,
        )
        for quantity, expected, computed in (
            ("compensating variation", 41.42136, loss.compensating_variation),
            ("equivalent variation", 29.28932, loss.equivalent_variation),
            ("consumer surplus", 34.65736, loss.consumer_surplus),
        )
    ]


def _task_cases() -> list[CanonicalCase]:
    tasks = {"exposed_share": 0.199, "profitable_share": 0.23, "labour_cost_saving": 0.27}
    published = task_productivity_gain(**tasks, labour_share=0.535)
    draft = task_productivity_gain(**tasks, labour_share=0.57)
    return _cases(
        ("G6", "Tasks and Hulten", ACEMOGLU, "May 2024", 0.0066, published, 5e-5),
        ("G6", "Tasks and Hulten", ACEMOGLU, "April 2024 draft", 0.0071, draft, 1e-4),
    )


def _labour_cases() -> list[CanonicalCase]:
    work = value_new_work(replacement_cost=24.17, willingness_to_pay=0.25, token_cost=0.02)
    share = token_cost_share(0.5 * 175.0, 0.03 * 10300.0)
    phantom = unit_value_phantom(average_price_ratio=0.9584, quality_adjusted_price_ratio=0.5067)
    rows = (
        ("P7", "Hedonic price of PCs", "phantom", 0.6373, phantom, 5e-5),
        ("P7", "Hedonic price of PCs", "true over measured", 1.891, np.exp(phantom), 5e-4),
        ("3.4", "Labour equivalence", "least token cost share", 0.28, share, 5e-3),
        ("3.4", "200 economists", "true gain, million", 0.23, work.true_gain, 1e-12),
        ("3.4", "200 economists", "value overstated by", 97.0, work.value_overstatement, 0.5),
    )
    return [
        CanonicalCase(id, method, FRAME, quantity, expected, float(computed), tolerance)
        for id, method, quantity, expected, computed, tolerance in rows
    ]


def _market_cases() -> list[CanonicalCase]:
    """M5: one segment of tasks at the price that clears it; saving and token cost are outputs."""
    one = np.ones(1)
    demand = HourDemand(
        tasks=1000 * one[None],
        hours_per_task=5 * one[None],
        price_factor=one[None],
        review_usd=5 * one[None],
        log_median_value=np.log(50) * one[None],
        log_value_sd=one[None],
        subscriber_hours=0 * one,
        quota_budget_usd=0 * one,
        work_budget_usd=np.full(1, np.inf),
    )
    work = work_done(demand, 22.201254 * one, segments=slice(None))
    replaced = replace_work(work, realised_share=1.0, replaced_share=1.0, exposed_wages=30000.0)
    rows = (
        ("wage value of the work", 46404.98, work.value, 0.01),
        ("token spend", 22201.25, work.token_spend, 0.01),
        ("surplus", 23203.72, work.value - work.cost, 0.02),
        ("token cost of a wage", 0.478424, replaced.token_cost, 1e-6),
        ("replaced, no more than is exposed", 30000.0, replaced.replaced, 1e-9),
    )
    return [
        CanonicalCase("M5", "Work done, from the market's task curve", FRAME, quantity, expected, float(computed[0]), tolerance)
        for quantity, expected, computed, tolerance in rows
    ]  # fmt: skip


def _deflator_cases() -> list[CanonicalCase]:
    missed = np.log([900.0, 1600.0])
    seen = deflator_capture(missed=missed, true_price_fall=np.log(5.4 / 0.00012))
    method = "Price fall of light that official prices saw"
    return _cases(
        ("G10", method, NORDHAUS, "error by a factor of 900", 0.365, seen[0], 5e-4),
        ("G10", method, NORDHAUS, "error by a factor of 1,600", 0.311, seen[1], 5e-4),
    )


def _cases(*rows: tuple[str, str, str, str, float, Numbers, float]) -> list[CanonicalCase]:
    """Cases from rows of id, method, source, quantity, expected, computed and tolerance."""
    return [
        CanonicalCase(id, method, source, quantity, expected, float(computed), tolerance)
        for id, method, source, quantity, expected, computed, tolerance in rows
    ]


def canonical_cases() -> list[CanonicalCase]:
    """Every published or worked number that accounts and welfare must give."""
    return made_by(CHECKS)


CHECKS = (
    _substitution_cases,
    _knife_edge_cases,
    _closure_cases,
    _intermediate_cases,
    _welfare_cases,
    _task_cases,
    _labour_cases,
    _market_cases,
    _deflator_cases,
)
