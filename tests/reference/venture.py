"""What does one future of the venture model come to, written a second time, in plain arithmetic?

Decisions
- One future at a time, a quarter at a time, in Python's own floats, from the model's equations alone: nothing
  of the package is imported, so that an error there has no way in here.
- An input is a number under its name in the register; `payments` are pairs of years after the start and
  billions of dollars. Random numbers come from outside, so that both can be given the same.
"""

import math
import random

QUARTER, FORESEEN_QUARTERS = 0.25, 20
LEAST_MARK = 1e-4  # over the first, as long as the company is not listed


def between(low: float, value: float, high: float) -> float:
    return max(low, min(value, high))


def log_growth(p: dict, start: float, span: float, factor: float, half_life: float) -> tuple[float, float]:
    """Long-run and excess part of the log growth between two times."""
    slow = math.log1p(p["long_run_growth_pct"] / 100)
    scale = (math.log(factor) - slow) * half_life / math.log(2)
    return slow * span, scale * (2 ** (-start / half_life) - 2 ** (-(start + span) / half_life))


def planned(p: dict, years: float) -> tuple[float, float]:
    """Compute and revenue of the plan."""
    compute = log_growth(p, 0, years, p["compute_factor_per_year"], p["compute_half_life_years"])
    revenue = log_growth(p, 0, years, 1 + p["plan_growth_pct"] / 100, p["plan_half_life_years"])
    return p["compute_usd_bn"] * math.exp(sum(compute)), p["revenue_usd_bn"] * math.exp(sum(revenue))


def price_share(p: dict, years: float) -> float:
    """Part of the price that open models leave."""
    eroded = 1 - (1 - p["erosion_pct_per_year"] / 100) ** max(years - p["parity_years"], 0)
    return 1 - p["premium_share"] * eroded


def running_ratio(p: dict, years: float) -> float:
    end = p["running_cost_ratio_long_run"]
    return end + (p["running_cost_ratio"] - end) * 2 ** (-years / p["running_cost_half_life_years"])


def quarter_growth(p: dict, years: float, clock: float, span: float) -> float:
    """Log growth of the index in the quarter from `years` on, of which `span` is not paused."""
    slow, excess = log_growth(p, clock, span, p["growth_factor_per_year"], p["growth_half_life_years"])
    loss = p["parity_growth_loss_pct"] / 100 if years >= p["parity_years"] else 0
    return slow + (1 - loss) * excess


def under_ceiling(p: dict, log_index: float) -> float:
    ceiling = p["pool_share"] * p["pool_usd_bn"]
    filled = min(p["revenue_usd_bn"] / ceiling, 1) if p["ceiling"] else 0.0
    grown = math.exp(log_index)
    return grown / (1 + filled * (grown - 1))


def foresee(p: dict, years: float, clock: float, log_index: float, revenue: float) -> list[float]:
    """Revenue at this and the next twenty quarter ends if nothing else happens."""
    base = under_ceiling(p, log_index) * price_share(p, years)
    path = [revenue]
    for ahead in range(FORESEEN_QUARTERS):
        step = ahead * QUARTER
        log_index += quarter_growth(p, years + step, clock + step, QUARTER)
        path.append(revenue * under_ceiling(p, log_index) * price_share(p, years + step + QUARTER) / base)
    return path


def multiple(p: dict, years: float, foreseen: list[float]) -> float:
    slow = math.log1p(p["long_run_growth_pct"] / 100)
    growth = between(-0.5, math.log(foreseen[4] / foreseen[0]) - slow, 1.0)
    then = years + FORESEEN_QUARTERS * QUARTER
    compute, revenue = planned(p, then)
    costs = running_ratio(p, then) / price_share(p, then) + compute / max(foreseen[-1], revenue)
    margin = between(-0.5, 1 - costs, 0.5) - p["reference_margin_pct"] / 100
    effect = p["multiple_sensitivity"] * growth + p["multiple_margin_sensitivity"] * margin
    return p["multiple_long_run"] * math.exp(effect)


def signed_use(p: dict, uses: list[float]) -> float:
    """Mean use of the plan over the term of contracts, the oldest in part; before the start all was used."""
    if not p["commitments_run_off"]:
        return 1.0
    term = p["commitment_years"] / QUARTER
    return 1 - sum(between(0, term - age, 1) * (1 - use) for age, use in enumerate(reversed(uses))) / term


def idle_value(p: dict, idle: float) -> float:
    """Present value of contracts for which there is no use."""
    term, rate = p["commitment_years"], p["discount_pct"] / 100
    if not p["commitments_run_off"]:
        return idle * (1 - (1 + rate) ** -term) / rate
    force = math.log1p(rate)
    return idle * (1 / force - (1 - math.exp(-force * term)) / (force**2 * term))


def softbank_claim(p: dict, stake: float, equity: float, cost: float, paid_in: float, listed: bool) -> float:
    """A listing ends the preference."""
    return max(stake * equity, 0.0 if listed else cost * min(p["preference_share"], equity / paid_in))


def simulate(p: dict, market: list[float], revenue: list[float], shocks: list[int]) -> list[dict]:
    """A row for each quarter end, from normal draws of market and revenue and counts of shocks."""
    last = round(p["horizon_years"] / QUARTER)
    clock = log_index = log_noise = log_cut = log_market = pause = 0.0
    kept, cash, peak, gap, mark, hits, listed, sale = 1.0, p["cash_usd_bn"], 1.0, 1.0, 1.0, 0, False, None
    paid_in = p["paid_in_usd_bn"] - sum(amount for years, amount in p["payments"] if years <= 0)
    uses, rows = [], []
    for q in range(last + 1):
        t = q * QUARTER
        paid = sum(amount for years, amount in p["payments"] if years <= t)
        owed = sum(amount for years, amount in p["payments"] if years > t)
        # operations
        lost = (1 - p["shock_loss_pct"] / 100) ** hits
        volume = p["revenue_usd_bn"] * under_ceiling(p, log_index) * math.exp(log_noise + log_cut) * lost
        sales, running = volume * price_share(p, t), volume * running_ratio(p, t)
        foreseen = foresee(p, t, clock, log_index, sales)
        coming_year = sum(foreseen[:4]) / 4
        plan, planned_sales = planned(p, t)
        uses.append(use := min(1, sales / planned_sales))
        signed = signed_use(p, uses)
        wanted, committed = plan * use, plan * p["committed_share"] * signed
        idle = plan * p["committed_share"] * max(signed - use, 0)
        debt = idle_value(p, idle)
        # value
        factor = math.exp(log_market)
        peak = max(peak, factor)
        shut = factor < peak * (1 - p["shut_fall_pct"] / 100)
        value = multiple(p, t, foreseen) * coming_year * factor
        if q == 0:
            gap = (p["start_equity_usd_bn"] - cash - owed + debt) / value
        if p["repricing_half_life_years"]:
            value *= gap ** (2 ** (-t / p["repricing_half_life_years"]))
        offer = max(p["floor_multiple"] * coming_year + cash + owed - debt, 0)
        equity = max(value + cash + owed - debt, offer if q else 0)
        # capital
        pre = (1 - p["distress_discount_pct"] / 100 * shut) * equity
        within_reach = p["capital_share_per_year"] / 4 * pre
        excess = (running + wanted + idle - sales) / 4 - cash / p["raise_quarters"] - within_reach
        reduction = between(0, 4 * excess, max(wanted + idle - committed, 0))
        spent, cut = wanted + idle - reduction, reduction / wanted if wanted else 0.0
        burn = (running + spent - sales) / 4
        low = q < last and cash < p["cash_floor_quarters"] * burn
        raised = p["raise_quarters"] * min(burn, within_reach) if low else 0.0
        sale = offer if sale is None and q < last and cash + raised < burn else sale
        if sale is not None:
            equity, cash, raised, spent, cut = sale, 0.0, 0.0, wanted + idle, 0.0
        # claims
        price, start = kept * equity, rows[0]["price_usd_bn"] if rows else kept * equity
        open_to_it = sale is None and not shut and t >= p["listing_years"]
        listed = listed or (open_to_it and price >= p["listing_price_share"] * p["start_equity_usd_bn"])
        stake = (p["stake_share"] - owed / p["start_equity_usd_bn"]) * kept
        claim = softbank_claim(p, stake, equity, paid, paid_in + paid, listed)
        received = claim - p["manager_gain_share"] * max(claim - paid, 0)
        if listed or sale is not None or not rows:
            mark = price if listed else max(price, LEAST_MARK * start)
        else:
            smooth = mark * (max(price, LEAST_MARK * start) / mark) ** p["mark_smoothing_share"]
            mark = max(pre * kept, LEAST_MARK * start) if raised else smooth
        reported = softbank_claim(p, stake, mark / kept, paid, paid_in + paid, listed)
        rows.append({
            "volume_usd_bn": volume, "revenue_usd_bn": sales, "running_cost_usd_bn": running,
            "compute_usd_bn": spent, "committed_usd_bn": committed, "idle_usd_bn": idle, "cut_share": cut,
            "cash_usd_bn": cash, "raised_usd_bn": raised, "kept_share": kept, "stake_share": stake,
            "price_usd_bn": price, "claim_usd_bn": received, "moic": received / paid, "listed": listed,
            "reported_usd_bn": reported, "market_factor": factor, "stake_usd_bn": claim,
            "round_price_usd_bn": price if sale is not None else pre * kept, "rescued": sale is not None,
        })  # fmt: skip
        if q == last:
            break
        # the quarter to come
        if sale is None:
            kept *= (1 - p["stock_pay_pct"] / 100) ** QUARTER * (pre / (pre + raised) if raised else 1)
            cash += raised - burn + sum(amount for at, amount in p["payments"] if t < at <= t + QUARTER)
            paid_in += raised
        stopped = min(pause + p["shock_delay_years"] * shocks[q], QUARTER)
        pause += p["shock_delay_years"] * shocks[q] - stopped
        before = under_ceiling(p, log_index)
        log_index += quarter_growth(p, t, clock, QUARTER - stopped)
        clock, hits = clock + QUARTER - stopped, hits + shocks[q]
        log_cut -= p["compute_elasticity"] * cut * max(math.log(under_ceiling(p, log_index) / before), 0)
        log_noise += p["revenue_volatility_pct"] / 200 * revenue[q]
        step = p["multiple_volatility_pct"] / 200
        log_market += step * market[q] - step**2 / 2
    return rows


def draw_streams(p: dict, rng: random.Random) -> tuple[list[float], list[float], list[int]]:
    """Normal draws of the market and of revenue that move together, and Poisson counts of shocks."""
    market, revenue, shocks, together = [], [], [], p["co_movement"]
    for _ in range(round(p["horizon_years"] / QUARTER)):
        market.append(rng.gauss(0, 1))
        revenue.append(together * market[-1] + math.sqrt(1 - together**2) * rng.gauss(0, 1))
        count, waited = 0, rng.expovariate(1.0)
        while waited < p["shock_rate_per_year"] * QUARTER:
            count, waited = count + 1, waited + rng.expovariate(1.0)
        shocks.append(count)
    return market, revenue, shocks
