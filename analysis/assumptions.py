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
    """Simulated futures, draws. Number of simulated futures behind the headline results, so many that
    another seed moves none of them by more than one unit of its last digit; charts show the first 20,000.
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
    """Years to the exit, years. Years from the start of the simulation, 30 June 2026, to the exit; the
    article speaks of the next five years.
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
    """Run rate at the start, billion USD per year. Annualised revenue on 30 June 2026, before the reported
    figures are counted.
    """

    growth_factor_per_year: Distribution
    """Current growth, times per year. Revenue after a year over revenue now, at the growth rate of the start
    and before the reported figures are counted; growth slows from there.
    """

    run_rate_error_pct: float
    """Error of reported run rates, percent. Error that all reported run rates share, one standard deviation;
    revenue in accounts does not have it, and each figure's own error is estimated as well.
    """

    growth_half_life_years: Distribution
    """Half-life of growth, years. Time in which the excess of growth (in logs) over its long-run rate
    halves.
    """

    revenue_volatility_pct: Distribution
    """Noise of revenue, percent per year. How far a company's revenue strays in a year from the path that
    its growth sets, one standard deviation of its log.
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
    """Market as a ceiling, switch. 1: revenue cannot rise above that part of the market; 0: there is no such
    ceiling.
    """

    parity_years: Distribution
    """Years to open parity, years. Years until open models match what is sold at the start, after which its
    price premium erodes.
    """

    parity_growth_loss_pct: float
    """Growth lost to open models, percent of excess growth. Part of the growth above its long-run rate that
    is lost from the day on which open models match.
    """

    erosion_pct_per_year: Distribution
    """Erosion of the premium, percent of the premium per year. Part of the price premium lost each year
    after parity to cheaper open models.
    """

    premium_share: Distribution
    """Premium in the price, share of the price. The part of the price that is a premium over open models."""

    shock_rate_per_year: Distribution
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
    """Growth of compute, times per year. Current growth of research compute as planned, which slows."""

    compute_half_life_years: Distribution
    """Half-life of compute growth, years. Time in which the excess of the growth of planned compute over its
    long-run rate halves.
    """

    committed_share: Distribution
    """Committed compute, share of planned compute. The part of planned compute that cannot be cancelled."""

    commitment_years: Distribution
    """Length of commitments, years. How long a commitment lasts from the day it is signed."""

    commitments_run_off: int
    """Commitments run off, switch. 1: a contract runs off: it ends after its term, and the next one is
    signed on the forecast of its day; 0: contracts on the old plan are renewed indefinitely.
    """

    plan_growth_pct: Distribution
    """Planned growth of revenue, percent per year. Growth at the start of the revenue plan on which compute
    is bought; it slows.
    """

    plan_half_life_years: Distribution
    """Half-life of planned growth, years. Time in which the excess of planned growth over its long-run rate
    halves.
    """

    discount_pct: float
    """Discount rate of commitments, percent per year. Rate at which commitments are discounted."""

    multiple_long_run: Distribution
    """Long-run multiple, enterprise value per revenue of the next year. Enterprise value per unit of the
    next twelve months' revenue of a company that grows at the long-run rate.
    """

    multiple_sensitivity: Distribution
    """Effect of growth on the multiple, log multiple per unit of log growth. How strongly the multiple
    responds to next year's growth.
    """

    multiple_margin_sensitivity: Distribution
    """Effect of the margin on the multiple, log multiple per unit of margin. How strongly the multiple
    responds to the operating margin expected five years ahead.
    """

    reference_margin_pct: float
    """Margin of the companies compared, percent of revenue. Operating margin that the multiple takes for
    granted; below it the multiple is lower.
    """

    multiple_volatility_pct: Distribution
    """Volatility of the multiple, percent per year. Yearly volatility of what the market pays per unit of
    revenue.
    """

    co_movement: float
    """Co-movement, correlation. Correlation between inputs that move together (half-life of growth, long-run
    growth, largest share of the market, long-run multiple), and between what the market pays and the
    company's revenue.
    """

    degrees_of_freedom: float
    """Tails of the market, degrees of freedom. Tails of the market's quarterly steps: 0 normal, 3 or more
    those of Student's t.
    """

    start_equity_usd_bn: float
    """Equity at the start, billion USD. Equity value at the start under every assumption: the price of the
    round of 31 March 2026, at which SoftBank still held its stake on 30 June.
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
    """Cash that triggers a round, quarters. New money is raised once cash covers fewer quarters of burn than
    this.
    """

    raise_quarters: int
    """Size of a new round, quarters. How many quarters of the current burn a new round is to cover."""

    capital_share_per_year: Distribution
    """New money within reach, share of pre-money value per year. The most new money for each year that a
    round is to last, over the value of the company before it; what is missing is cut from compute.
    """

    compute_elasticity: Distribution
    """Growth lost with compute, share of growth per share of compute. Part of growth that is lost if all
    research compute is cut; a smaller cut costs growth in proportion.
    """

    floor_multiple: Distribution
    """Multiple of a rescue, enterprise value per revenue of the next year. What a buyer stands ready to pay
    per unit of the next twelve months' revenue; the market never pays less, and what can no longer be
    financed is sold for it.
    """

    stock_pay_pct: Distribution
    """Dilution by pay in shares, percent of shares per year. New shares given to employees a year."""

    shut_fall_pct: float
    """Fall that shuts the market, percent. Fall of what the market pays, from its highest so far, from which
    on new money comes only at a discount for distress.
    """

    distress_discount_pct: Distribution
    """Discount in distress, percent. Discount on the value of the day at which new money comes after such a
    fall.
    """

    listing_years: Distribution
    """Years to the listing, years. Years until the company is ready to list; it lists once price and market
    allow, and from then on the reported value is the share price.
    """

    listing_price_share: Distribution
    """Least price of a listing, share of the starting price. The lowest price per share, over that of the
    start, at which the company lists.
    """

    mark_smoothing_share: Distribution
    """Smoothing of reported values, share of the gap per quarter. How much of the gap between the value and
    the reported value a quarter's report closes, before a listing.
    """

    preference_share: Distribution
    """Share with a preference, share of money paid in. Part of the money paid in that carries a preference:
    its holders are paid back first if the company is sold. A listing ends the preference.
    """

    paid_in_usd_bn: float
    """Money paid in by all holders, billion USD. What all holders had paid in by the start, without
    SoftBank's instalments to come; new money adds to it.
    """

    manager_gain_share: Distribution
    """Manager's share of the gain, share of the gain. What the fund's manager keeps of the gain."""

    arm_jpy_tn: float
    """Holding of Arm, trillion JPY. SoftBank's holding of Arm at 30 June 2026."""

    vision_fund_jpy_tn: float
    """Vision Fund 2 without OpenAI, trillion JPY. The second Vision Fund without OpenAI: 19.29 less OpenAI
    at 14.55, 89.6 billion dollars at the rate of the day.
    """

    rest_jpy_tn: float
    """Other holdings, trillion JPY. All other holdings: 83.11 less Arm at 49.91 and the second Vision Fund
    at 19.29.
    """

    net_debt_jpy_tn: float
    """Net debt, trillion JPY. SoftBank's net debt at 30 June 2026."""

    interest_pct: float
    """Interest on debt, percent per year. Interest on SoftBank's net debt; in the model it is paid with new
    debt.
    """

    usdjpy: float
    """Yen per dollar, JPY per USD. Exchange rate of 30 June 2026 by which SoftBank counts, held constant."""

    loading_arm: float
    """Coupling of Arm, log return per log return. How far Arm moves with the AI factor, which is what the
    market pays for AI companies times OpenAI's revenue against what was expected.
    """

    loading_vision_fund: float
    """Coupling of Vision Fund 2, log return per log return. How far the second Vision Fund without OpenAI
    moves with the AI factor.
    """

    loading_rest: float
    """Coupling of other holdings, log return per log return. How far all other holdings move with the AI
    factor.
    """

    arm_volatility_pct: float
    """Volatility of Arm, percent per year. Volatility of Arm that is its own."""

    vision_fund_volatility_pct: float
    """Volatility of Vision Fund 2, percent per year. Volatility of the second Vision Fund that is its own."""

    rest_volatility_pct: float
    """Volatility of other holdings, percent per year. Volatility of the other holdings that is their own."""

    sale_discount_pct: float
    """Discount in a hasty sale, percent. What a sale in haste loses of the market value."""

    stake_loan_usd_bn: float
    """Loan on the stake, billion USD. The margin loan of August 2026 on the OpenAI stake, guaranteed by
    SoftBank.
    """

    stake_loan_years: float
    """Term of the loan on the stake, years. Years from 30 June 2026 until the loan on the stake falls due,
    two years after 6 August 2026.
    """

    bank_loan_usd_bn: float
    """Loan of the banks, billion USD. The loan of about twenty banks of September 2026 for the investment."""

    bank_loan_years: float
    """Term of the loan of the banks, years. Years from 30 June 2026 until the loan of the banks falls due,
    two years after September 2026.
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
    """Years to the write-down, years. Time from publication within which the article expects the write-down:
    36 months; the last quarter-end in it is 31 March 2029.
    """

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
