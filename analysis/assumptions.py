"""Which assumptions are there? An attribute for each entry of the register, for type checkers.

Written by `thesis notebooks` from `params/register.yml`; edit that.
"""

from __future__ import annotations

Distribution = float | list[float]
"""A number, or the list that an uncertain assumption is written by."""


class RegisterAttributes:
    """The assumptions of this thesis, as attributes."""

    as_of: str
    """Cut-off date, date. The cut-off date. Only what was public by then counts. The earliest is the first
    report of SoftBank's money in OpenAI, the latest the last day for which we gathered evidence.
    """

    seed: int
    """Random seed, integer. Starting number of the random numbers. The same seed gives the same report."""

    draws: int
    """Simulated futures, simulated futures. How many simulated futures the headline results rest on. With so
    many, another seed moves none of them by more than one unit of its last digit. Charts show the first
    20,000.
    """

    elapsed_years: float
    """Years between the two sizes, years. Years between the two market sizes in the article's third table,
    2024 and 2028.
    """

    input_token_share: float
    """Share of input tokens, share of tokens. Share of tokens that a user sends, in a price that blends
    input and output. Comparisons of prices usually take three in four.
    """

    vast_majority_share: float
    """Share that is a vast majority, share. The share from which we treat “the vast majority” as true."""

    significant_share: float
    """Share that is significant, share. The share from which we treat “a significant portion” as true."""

    stale_after_years: float
    """Age at which a bound is out of date, years. How long before publication day a lower bound must have
    been passed for us to call it out of date.
    """

    approximation_share: float
    """Leeway of an approximate figure, share of the value. How far from the true value a figure marked “~”
    or “est.” may lie, either way, before we call it wrong.
    """

    price_decline_factor_per_year: Distribution
    """Yearly fall of the price, times a year. How many-fold the price of an answer of the same quality falls
    in a year.
    """

    invested_usd_bn: float
    """Money invested, billion dollars. What SoftBank has paid for OpenAI since September 2024, once the
    third instalment of 2026 is paid.
    """

    stake_share: float
    """SoftBank's share of the equity, share of equity. SoftBank's share of OpenAI once all of that money is
    paid.
    """

    horizon_years: float
    """Years to the exit, years. Years from the start of the simulation, 30 June 2026, until SoftBank sells.
    The article speaks of the next five years.
    """

    required_return_pct: float
    """Required return, per cent a year. The yearly return (internal rate of return) that an investor asks
    for at this risk.
    """

    outsized_moic: float
    """Return that counts as outsized, times the money. Money back per dollar from which we call returns
    outsized. Three times the money in five years is 25% a year.
    """

    catastrophe_moic: float
    """Return that counts as a catastrophe, times the money. Money back per dollar below which we call the
    investment a total catastrophe.
    """

    revenue_usd_bn: Distribution
    """Annualised revenue at the start, billion dollars a year. Our belief about annualised revenue on 30
    June 2026 before we count the reported figures.
    """

    growth_factor_per_year: Distribution
    """Current growth, times a year. Our belief about the growth of revenue at the start, before we count the
    reported figures: revenue in a year over revenue now. Growth slows from there.
    """

    run_rate_error_pct: float
    """Shared error of annualised revenue, per cent. The error, one standard deviation, that all reported
    figures of annualised revenue share. Accounts do not have it. Each figure also has an error of its
    own, which we estimate.
    """

    growth_half_life_years: Distribution
    """Half-life of growth, years. Time in which growth above its long-run rate halves (in logs)."""

    revenue_volatility_pct: Distribution
    """Scatter of revenue, per cent a year. How far a company's revenue strays in a year from the path that
    its growth sets, one standard deviation.
    """

    long_run_growth_pct: Distribution
    """Long-run growth, per cent a year. The rate at which the growth of revenue and of computing settles."""

    pool_usd_bn: Distribution
    """Size of the market, billion dollars a year. How much revenue the whole market for generative AI can
    hold. It limits OpenAI only where the market is a limit.
    """

    pool_share: Distribution
    """Largest share of the market, share of the market. The largest share of that market that one company
    can have.
    """

    ceiling: int
    """Market as a limit, switch. 1: revenue cannot rise above that share of the market. 0: there is no such
    limit.
    """

    parity_years: Distribution
    """Years until open models match, years. Years until open models match what OpenAI sells at the start.
    From then on its price premium erodes.
    """

    parity_growth_loss_pct: float
    """Growth lost to open models, per cent of excess growth. How much of the growth above its long-run rate
    OpenAI loses once open models match.
    """

    erosion_pct_per_year: Distribution
    """Erosion of the premium, per cent of the premium a year. Share of the price premium that cheaper open
    models take away each year once they match.
    """

    premium_share: Distribution
    """Premium in the price, share of the price. Share of OpenAI's price that is a premium over open models.
    """

    shock_rate_per_year: Distribution
    """Regulatory shocks, shocks a year. How often a regulatory shock comes, on average."""

    shock_loss_pct: Distribution
    """Loss from a shock, per cent of revenue. Share of its sales that OpenAI loses for good in a regulatory
    shock.
    """

    shock_delay_years: Distribution
    """Delay from a shock, years. How long a regulatory shock stops growth."""

    running_cost_ratio: Distribution
    """Running costs now, dollars per dollar of revenue. Costs of serving, selling and running the company
    per dollar of revenue at the start, without research.
    """

    running_cost_ratio_long_run: Distribution
    """Running costs in the long run, dollars per dollar of revenue. The same costs per dollar of revenue in
    the long run.
    """

    running_cost_half_life_years: Distribution
    """Half-life of running costs, years. Time in which running costs close half of the gap to their long-run
    level.
    """

    compute_usd_bn: Distribution
    """Research computing now, billion dollars a year. What OpenAI spends on research and training a year at
    the start.
    """

    compute_factor_per_year: Distribution
    """Growth of computing, times a year. How fast OpenAI plans to grow its research computing at the start.
    That growth slows.
    """

    compute_half_life_years: Distribution
    """Half-life of computing growth, years. Time in which the growth of planned computing above its long-run
    rate halves.
    """

    committed_share: Distribution
    """Committed computing, share of planned computing. Share of planned computing that OpenAI cannot cancel.
    """

    commitment_years: Distribution
    """Length of commitments, years. How long a contract for computing lasts."""

    commitments_run_off: int
    """Commitments run off, switch. 1: a contract ends after its term, and the next one follows the forecast
    of its day. 0: contracts on the old plan are renewed indefinitely.
    """

    plan_growth_pct: Distribution
    """Planned growth of revenue, per cent a year. Growth, at the start, of the revenue plan on which OpenAI
    buys computing. It slows.
    """

    plan_half_life_years: Distribution
    """Half-life of planned growth, years. Time in which planned growth above its long-run rate halves."""

    discount_pct: float
    """Discount rate of commitments, per cent a year. Rate at which we discount commitments."""

    multiple_long_run: Distribution
    """Long-run multiple, times next year's revenue. What a buyer pays for a company that grows at the long-
    run rate, over its revenue of the next twelve months (enterprise value).
    """

    multiple_sensitivity: Distribution
    """Effect of growth on the multiple, per cent for each per cent of growth. How strongly next year's
    growth raises what buyers pay per dollar of revenue.
    """

    multiple_margin_sensitivity: Distribution
    """Effect of the margin on the multiple, per cent for each point of margin. How strongly the operating
    margin expected five years ahead raises what buyers pay per dollar of revenue.
    """

    reference_margin_pct: float
    """Margin of the companies compared, per cent of revenue. Operating margin at which the multiple is the
    one of other companies. Below it buyers pay less.
    """

    multiple_volatility_pct: Distribution
    """Volatility of the multiple, per cent a year. How much what the market pays per dollar of revenue moves
    in a year.
    """

    co_movement: float
    """Co-movement, correlation. How closely inputs that move together do so: half-life of growth, long-run
    growth, largest share of the market and long-run multiple. It also links what the market pays to
    OpenAI's revenue.
    """

    degrees_of_freedom: float
    """Extreme market moves, degrees of freedom. How often the market makes extreme moves. 0: normal. 3 or
    more: degrees of freedom of Student's t, the fewer the more extreme.
    """

    start_equity_usd_bn: float
    """Value of OpenAI at the start, billion dollars. What all shares of OpenAI are worth at the start: the
    price of the round of 31 March 2026. SoftBank still reported its stake at that price on 30 June.
    """

    repricing_half_life_years: Distribution
    """Half-life of repricing, years. Time in which the market closes half of the gap between the price paid
    and what the company is worth by our assumptions.
    """

    cash_usd_bn: Distribution
    """Cash at the start, billion dollars. Cash at the start without SoftBank's instalments. Part of the 122
    billion of the round is conditional or paid later.
    """

    cash_floor_quarters: float
    """Cash that triggers a round, quarters. OpenAI raises money once its cash covers fewer quarters of
    spending than this.
    """

    raise_quarters: int
    """Size of a new round, quarters. How many quarters of spending a new round covers."""

    capital_share_per_year: Distribution
    """Most new money a year, share of the company's value a year. The most that investors give for each year
    that a round is to last, as a share of what the company is worth before it. OpenAI cuts computing by
    what is missing.
    """

    compute_elasticity: Distribution
    """Growth lost with computing, share of growth per share of computing. Share of growth that OpenAI loses
    if it cuts all research computing. A smaller cut costs growth in proportion.
    """

    floor_multiple: Distribution
    """Price of a rescue, times next year's revenue. What a rescuer pays per dollar of the next twelve
    months' revenue. The market never pays less, and a company that can no longer be financed is sold for
    it.
    """

    stock_pay_pct: Distribution
    """Dilution by pay in shares, per cent of shares a year. New shares that employees are given each year."""

    shut_fall_pct: float
    """Fall that shuts the market, per cent. How far what the market pays must fall from its highest so far
    before new money comes only at a discount.
    """

    distress_discount_pct: Distribution
    """Discount in distress, per cent. Discount at which new money comes after such a fall."""

    listing_years: Distribution
    """Years until listing, years. Years until OpenAI is ready to list its shares. It lists once price and
    market allow, and from then on the reported value is the share price.
    """

    listing_price_share: Distribution
    """Lowest price of a listing, share of the starting price. The lowest price per share, over that of the
    start, at which OpenAI lists.
    """

    mark_smoothing_share: Distribution
    """Speed of reported values, share of the gap per quarter. How much of the gap to the true value each
    quarter's reported value closes before a listing. The rest follows later.
    """

    preference_share: Distribution
    """Money paid back first, share of money paid in. Share of the money paid in whose holders are paid back
    first if the company is sold (a preference). A listing ends it.
    """

    paid_in_usd_bn: float
    """Money paid in by all holders, billion dollars. What all holders had paid in by the start, without
    SoftBank's instalments to come. New money adds to it.
    """

    manager_gain_share: Distribution
    """Manager's share of the gain, share of the gain. Share of the gain that the fund's manager keeps."""

    arm_jpy_tn: float
    """Holding of Arm, trillion yen. What SoftBank's shares of Arm were worth on 30 June 2026."""

    vision_fund_jpy_tn: float
    """Vision Fund 2 without OpenAI, trillion yen. What the second Vision Fund was worth without OpenAI:
    19.29 less OpenAI's 14.55.
    """

    rest_jpy_tn: float
    """Other holdings, trillion yen. What all other holdings were worth: the total less Arm and the second
    Vision Fund.
    """

    net_debt_jpy_tn: float
    """Net debt, trillion yen. SoftBank's debt less its cash on 30 June 2026."""

    interest_pct: float
    """Interest on debt, per cent a year. Interest on SoftBank's net debt. In the model SoftBank pays it with
    new debt.
    """

    usdjpy: float
    """Yen per dollar, yen per dollar. Exchange rate of 30 June 2026 at which SoftBank counts. We hold it
    constant.
    """

    loading_arm: float
    """How far Arm moves with AI, times as far. How far Arm moves when AI companies do: with what the market
    pays for them, times OpenAI's revenue against what was expected.
    """

    loading_vision_fund: float
    """How far Vision Fund 2 moves with AI, times as far. How far the second Vision Fund without OpenAI moves
    when AI companies do.
    """

    loading_rest: float
    """How far other holdings move with AI, times as far. How far all other holdings move when AI companies
    do.
    """

    arm_volatility_pct: float
    """Volatility of Arm, per cent a year. How much Arm moves in a year for reasons of its own."""

    vision_fund_volatility_pct: float
    """Volatility of Vision Fund 2, per cent a year. How much the second Vision Fund moves in a year for
    reasons of its own.
    """

    rest_volatility_pct: float
    """Volatility of other holdings, per cent a year. How much the other holdings move in a year for reasons
    of their own.
    """

    sale_discount_pct: float
    """Discount in a hasty sale, per cent. Share of the market value that SoftBank loses when it sells in a
    hurry.
    """

    stake_loan_usd_bn: float
    """Loan on the stake, billion dollars. The loan of August 2026 that SoftBank took out against its OpenAI
    stake and guarantees.
    """

    stake_loan_years: float
    """Term of the loan on the stake, years. Years from 30 June 2026 until that loan is due, two years after
    6 August 2026.
    """

    bank_loan_usd_bn: float
    """Loan of the banks, billion dollars. The loan of September 2026 from about twenty banks for the
    investment.
    """

    bank_loan_years: float
    """Term of the loan of the banks, years. Years from 30 June 2026 until that loan is due, two years after
    September 2026.
    """

    ltv_ceiling_pct: float
    """Promised debt limit, per cent. Debt as a share of assets (loan-to-value) that SoftBank promises not to
    exceed in normal times.
    """

    ltv_emergency_pct: float
    """Debt limit in an emergency, per cent. Debt as a share of assets that SoftBank promises not to exceed
    even in an emergency.
    """

    write_down_pct: float
    """Size of the write-down, per cent of cost. How far below cost the reported value must fall for us to
    call the write-down significant.
    """

    write_down_years: float
    """Years to the write-down, years. Time from publication within which the article expects the write-down,
    36 months. The last quarter-end in it is 31 March 2029.
    """

    operating_margin_pct: float
    """Margin at the start, per cent of revenue. Cash flow as a share of revenue at the start, for which we
    take the operating margin. In the first quarter of 2026 the loss was 6.95 on 5.7 billion.
    """

    target_margin_pct: float
    """Margin at maturity, per cent of revenue. Free cash flow as a share of revenue from maturity on, after
    tax.
    """

    maturity_years: int
    """Years to maturity, years. Years until growth and margin are those of a mature company. Damodaran's
    rule is not to go past ten.
    """

    perpetual_growth_pct: float
    """Growth after maturity, per cent a year. Growth after maturity, indefinitely. It cannot stay above the
    economy's, so we keep it apart from the long-run rate of the simulation.
    """

    plan_usd_per_month: float
    """Monthly price of a plan, dollars a month. Price of ChatGPT Plus a month, between Go at 8 and Pro at
    200.
    """

    serving_cost_share: float
    """Cost of serving paying users, share of revenue. Cost of running the models for paying users as a share
    of what they pay, October 2025. It was 0.48 at the end of 2024.
    """

    heavy_user_share: float
    """Heaviest users, share of users. Share of users that count as the heaviest, for AI products in general.
    """

    heavy_token_share: float
    """Tokens of the heaviest users, share of tokens. Share of all tokens that the heaviest users use, 0.70
    to 0.80, for AI products in general and not ChatGPT.
    """

    usage_elasticity: float
    """Response of use to price, per cent for each per cent. By how many per cent use rises when the price of
    a token falls by one per cent.
    """
