"""Which assumptions are there? An attribute for each entry of the register, for type checkers.

Written by `thesis notebooks` from `params/register.yml`; edit that.
"""

from __future__ import annotations

Distribution = float | list[float]
"""A number, or the list that an uncertain assumption is written by."""


class RegisterAttributes:
    """The assumptions of this thesis, as attributes."""

    as_of: str
    """Cut-off date, date. Cut-off date: only what was public by then counts. It lies between the first
    report of SoftBank's money in OpenAI and the last day for which we gathered evidence.
    """

    seed: int
    """Seed of the draws, integer. Seed of every random draw; the same seed gives the same report."""

    draws: int
    """Simulated futures, draws. Number of simulated futures; the Monte-Carlo error of a probability is at
    most 0.5 / sqrt(draws).
    """

    elapsed_years: float
    """Years between the two sizes, years. Elapsed years between the two sizes of the market table, 2024 to
    2028.
    """

    input_token_share: float
    """Share of input tokens, share of tokens. Share of input tokens in a blended price; three to one is the
    mix that price comparisons use.
    """

    vast_majority_share: float
    """Share that is a vast majority, share. The share from which we treat 'the vast majority' as true."""

    significant_share: float
    """Share that is significant, share. The share from which we treat 'a significant portion' as true."""

    stale_after_years: float
    """Age of a stale bound, years. How long before the article a lower bound must have been passed to be
    called out of date.
    """

    approximation_share: float
    """Reach of an approximate figure, share of the value. How far a figure printed with ~ or est. may lie
    from the true one, to each side.
    """

    price_decline_factor_per_year: Distribution
    """Yearly fall of the price, times per year. By what factor the price of a fixed quality of answer falls
    in a year, 5th and 95th percentile.
    """

    invested_usd_bn: float
    """Money invested, billion USD. What SoftBank has put into OpenAI once the third instalment of 2026 is
    paid, since September 2024.
    """

    stake_share: float
    """SoftBank's share of the equity, share of equity. SoftBank's share of OpenAI's equity once that money
    is in.
    """

    horizon_years: float
    """Years to the exit, years. Years from publication day to the exit; the article speaks of the next five
    years.
    """

    required_return_pct: float
    """Required return, percent per year. The internal rate of return asked of money at this risk."""

    outsized_moic: float
    """Multiple of outsized returns, multiple of invested capital. The multiple from which the returns count
    as outsized; three times in five years is 25% a year.
    """

    catastrophe_moic: float
    """Multiple of a catastrophe, multiple of invested capital. The multiple below which the investment
    counts as a total catastrophe.
    """

    revenue_usd_bn: Distribution
    """Run-rate at the start, billion USD per year. Annualised revenue at the end of March 2026, before the
    reported run-rates are counted.
    """

    growth_factor_per_year: Distribution
    """Current growth, times per year. By what a year multiplies revenue at the current growth rate, before
    the reported run-rates are counted; it decays.
    """

    run_rate_weight: float
    """Weight of reported run-rates, weight. How far the reported run-rates update these two beliefs: 1
    fully, 0 not at all.
    """

    run_rate_error_pct: float
    """Error of reported run-rates, percent. Error that the sources of the run-rates share, one standard
    deviation.
    """

    growth_half_life_years: Distribution
    """Half-life of growth, years. Time in which the excess of growth (in logs) over its long-run rate
    halves.
    """

    long_run_growth_pct: Distribution
    """Long-run growth, percent per year. The rate that growth of revenue and of compute settles at."""

    pool_usd_bn: Distribution
    """Size of the market, billion USD per year. Revenue that the whole market for generative AI can hold."""

    pool_share: Distribution
    """Largest share of the market, share of the market. The part of that market that one company can have at
    most.
    """

    ceiling: int
    """Market as a ceiling, switch. 1: that part of the market is a ceiling; 0: nothing is."""

    parity_years: Distribution
    """Years to open parity, years. Years until open models match what is sold at the start, after which its
    price premium erodes.
    """

    erosion_pct_per_year: Distribution
    """Erosion of the premium, percent of the premium per year. Part of the price premium lost each year
    after parity to cheaper open models.
    """

    premium_share: Distribution
    """Premium in the price, share of the price. The part of the price that is a premium over open models."""

    shock_rate_per_year: float
    """Regulatory shocks, shocks per year. How often a regulatory shock comes, as a Poisson rate."""

    shock_loss_pct: Distribution
    """Loss from a shock, percent of revenue. Volume that a regulatory shock costs for good."""

    shock_delay_years: Distribution
    """Delay from a shock, years. Time for which a regulatory shock stops growth."""

    running_cost_ratio: Distribution
    """Running costs now, costs per unit of revenue. Costs of serving, selling and running over revenue at
    the start, research left out.
    """

    running_cost_ratio_long_run: Distribution
    """Running costs in the long run, costs per unit of revenue. Costs of serving, selling and running over
    revenue in the long run, research left out.
    """

    running_cost_half_life_years: Distribution
    """Half-life of running costs, years. Time in which the distance of running costs from their long-run
    level halves.
    """

    compute_usd_bn: Distribution
    """Research compute now, billion USD per year. Research and training a year at the start."""

    compute_factor_per_year: Distribution
    """Growth of compute, times per year. Current growth of research compute, which decays: the trend of
    training cost.
    """

    compute_half_life_years: Distribution
    """Half-life of compute growth, years. Time in which the excess of the growth of compute over its long-
    run rate halves.
    """

    committed_share: Distribution
    """Committed compute, share of planned compute. The part of planned compute that cannot be cancelled."""

    commitment_years: Distribution
    """Length of commitments, years. For how long commitments run on."""

    plan_growth_pct: float
    """Planned growth of revenue, percent per year. Growth of the revenue plan on which compute was bought."""

    discount_pct: float
    """Discount rate of commitments, percent per year. Rate at which commitments are discounted."""

    multiple_long_run: Distribution
    """Long-run multiple, enterprise value per revenue of the next year. Enterprise value per unit of the
    next twelve months' revenue at the long-run growth rate.
    """

    multiple_sensitivity: float
    """Effect of growth on the multiple, log multiple per unit of log growth. How the multiple answers to
    next-year growth; set so that the round at 852 billion is met.
    """

    multiple_volatility_pct: float
    """Volatility of the multiple, percent per year. Yearly volatility of what the market pays per unit of
    revenue.
    """

    degrees_of_freedom: float
    """Tails of the market, degrees of freedom. Tails of the market's quarterly steps: 0 normal, 3 or more
    those of Student's t.
    """

    start_equity_usd_bn: float
    """Equity at the start, billion USD. Equity value at the start under every assumption: the price of the
    round of 31 March 2026.
    """

    repricing_half_life_years: Distribution
    """Half-life of repricing, years. Time in which the market closes half of the gap between the price paid
    and what the assumptions are worth.
    """

    cash_usd_bn: Distribution
    """Cash at the start, billion USD. Cash at the start without SoftBank's instalments: part of the 122
    billion of the round is conditional or paid later.
    """

    cash_floor_quarters: float
    """Cash that triggers a round, quarters. Quarters of burn in cash below which new money is raised."""

    raise_quarters: int
    """Size of a new round, quarters. For how many quarters of the current burn a new round is sized."""

    shut_fall_pct: float
    """Fall that shuts the market, percent. Fall of the market factor from its highest at which new money
    comes in distress only.
    """

    distress_discount_pct: Distribution
    """Discount in distress, percent. Discount on the value of the day at which money comes while the market
    is shut.
    """

    listing_years: Distribution
    """Years to the listing, years. Years until the shares are listed, after which the reported value is the
    price.
    """

    mark_smoothing_share: Distribution
    """Smoothing of reported values, share of the gap per quarter. How much of the gap between the value and
    the reported value a quarter's report closes, before a listing.
    """

    preferences_usd_bn: float
    """Liquidation preferences, billion USD. What holders with a liquidation preference paid; 0 where claims
    are as converted.
    """

    manager_gain_share: Distribution
    """Manager's share of the gain, share of the gain. What the fund's manager keeps of the gain."""

    arm_jpy_tn: float
    """Holding of Arm, trillion JPY. SoftBank's holding of Arm at 31 March 2026."""

    vision_fund_jpy_tn: float
    """Vision Fund 2 without OpenAI, trillion JPY. The second Vision Fund without OpenAI: 17.19 less 79.6
    billion dollars at 158 yen.
    """

    rest_jpy_tn: float
    """Other holdings, trillion JPY. All other holdings: 48.27 less Arm at 19.15 and the second Vision Fund
    at 17.19.
    """

    net_debt_jpy_tn: float
    """Net debt, trillion JPY. SoftBank's net debt at 31 March 2026."""

    unpaid_usd_bn: float
    """Unpaid instalments, billion USD. The three instalments of 2026, none of them in the net debt of 31
    March 2026.
    """

    usdjpy: float
    """Yen per dollar, JPY per USD. Exchange rate, held constant."""

    loading_arm: float
    """Coupling of Arm, log return per log return. How far Arm moves with OpenAI's value."""

    loading_vision_fund: float
    """Coupling of Vision Fund 2, log return per log return. How far the second Vision Fund without OpenAI
    moves with OpenAI's value.
    """

    loading_rest: float
    """Coupling of other holdings, log return per log return. How far all other holdings move with OpenAI's
    value.
    """

    arm_volatility_pct: float
    """Volatility of Arm, percent per year. Volatility of Arm that is its own."""

    vision_fund_volatility_pct: float
    """Volatility of Vision Fund 2, percent per year. Volatility of the second Vision Fund that is its own."""

    rest_volatility_pct: float
    """Volatility of other holdings, percent per year. Volatility of the other holdings that is their own."""

    sale_discount_pct: float
    """Discount in a hasty sale, percent. What a sale in haste loses of the market value."""

    bridge_loan_usd_bn: float
    """Bridge loan, billion USD. The bridge loan of March 2026 for the investment, unsecured; its facility,
    fully drawn.
    """

    bridge_years: float
    """Years to the bridge loan's end, years. Years from 31 March 2026 until the bridge loan falls due, in
    March 2027.
    """

    ltv_ceiling_pct: float
    """Promised ceiling of debt, percent. The loan-to-value that SoftBank promises not to pass in normal
    times; 35 in emergencies.
    """

    ltv_emergency_pct: float
    """Ceiling of debt in an emergency, percent. The loan-to-value that SoftBank promises not to pass even in
    an emergency.
    """

    write_down_pct: float
    """Size of the write-down, percent of cost. From what loss against cost a write-down counts as
    significant.
    """

    write_down_years: float
    """Years to the write-down, years. Time within which the article expects the write-down: 36 months."""

    operating_margin_pct: float
    """Margin at the start, percent of revenue. Margin at the start, taken for free cash flow: an operating
    loss of 6.95 on 5.7 billion in the first quarter of 2026.
    """

    target_margin_pct: float
    """Margin at maturity, percent of revenue. Free cash flow as a percentage of revenue from maturity on,
    after tax.
    """

    maturity_years: int
    """Years to maturity, years. Years until growth and margin are those of a grown company; Damodaran's rule
    is not to go past ten.
    """

    perpetual_growth_pct: float
    """Growth after maturity, percent per year. Growth after maturity, indefinitely; it cannot stay above the
    economy's, so it is not the long-run rate of the simulation.
    """

    plan_usd_per_month: float
    """Monthly price of a plan, USD per month. Price of ChatGPT Plus, between Go at 8 and Pro at 200."""

    serving_cost_share: float
    """Cost of serving paying users, share of revenue. Cost of running the models for paying users over the
    revenue from them, October 2025; 0.48 at the end of 2024.
    """

    heavy_user_share: float
    """Heaviest users, share of users. Share of users that count as the heaviest, for AI products in general.
    """

    heavy_token_share: float
    """Tokens of the heaviest users, share of tokens. The part of all tokens that the heaviest users use,
    0.70 to 0.80; AI products in general, not ChatGPT.
    """

    usage_elasticity: float
    """Response of use to price, percent per percent. By how many percent use rises for one percent off the
    price of a token.
    """
