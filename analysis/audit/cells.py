"""Does each cell of the article's three tables hold? Every printed cell beside what the sources say, with its
protocol or date.

Decisions
- A score agrees under the protocol of its column's heading; the right number under another protocol is
  `partly`. For a wrong one the tables are searched for where it comes from: an earlier model on the same
  benchmark and protocol, else the same model on another benchmark. Another model on another benchmark is no
  match.
- A price agrees with the last list price of the developer's own service, to the cent; an earlier one makes
  the cell stale.
- A training cost without a basis is decided by the developer's own word, else only where every estimate is
  off. One that its author calls speculative is mentioned and decides nothing; GPU-hours are priced at the
  rents of the year up to the run.
- A figure outside all that sources give fails. One inside agrees only where their ends lie no more than
  `WIDEST` apart: between wider ones hardly any figure could fail, so none is borne out.
- A judgement stays undecided whatever figures bear on it: they are mentioned.
- An investor's money on conditions is left out for every investor alike; the largest are read by money and by
  stake.
- Rounds on record are a floor of what was raised: they refute a smaller figure, never a larger one.
- What somebody else estimates or repeats (parameters) is mentioned and decides nothing.
- Sources and strength are those of the rows that decide the cell; a cell that nothing decides has none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis import labels
from analysis.audit import arguments
from analysis.audit.checks import arithmetic, money, record
from analysis.audit.facts import (
    Facts,
    Interval,
    NothingKnown,
    describe_day,
    describe_price,
    describe_value,
    fill_placeholders,
    placeholders,
)
from analysis.audit.verdicts import accepted, judge, meets_interval
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import article_tables, cell_rules
from analysis.evidence.numbers import slug
from analysis.evidence.sources import sidecar
from analysis.labels import join_words
from analysis.models import market
from analysis.models.frontier import price_column
from analysis.units import DAYS_PER_YEAR, format_date, format_figure, format_value, parse_figure

FIELDS = (
    "id",
    "section",
    "table",
    "row",
    "column",
    "title",
    "printed",
    "sourced",
    "protocol",
    "verdict",
    "stale",
    "reason",
    "short",
    "sources",
    "mentioned",
    "strength",
    "used",
)
"""The columns of the ledger of cells, in order."""

NONE = "none"
"""What stands under `sourced` where no source gives the figure."""

SCORES, PRICES, COSTS, ROUNDS, FORECASTS, CAPEX, CHIPS = (
    "model_benchmarks",
    "api_prices",
    "training_cost",
    "funding_rounds",
    "market_size_forecasts",
    "hyperscaler_capex",
    "gpu_economics",
)

HEADINGS = {"mmlu_pct": ("MMLU", "5-shot"), "humaneval_pct": ("HumanEval", "pass@1 developer")}
"""Benchmark and protocol that the heading of a column of scores names."""

HOW = {
    "5-shot": "with five examples",
    "0-shot CoT": "without examples and with written-out reasoning (0-shot CoT)",
    "5-shot CoT": "with five examples and written-out reasoning (5-shot CoT)",
    "5-shot HELM": "with five examples in the HELM runs",
    "pass@1 developer": "at the first attempt",
}
"""How a test is run under a protocol, in words; another protocol is named as it is."""

BASES = {
    "amortized_hardware_capex_plus_energy": ("amortised", "if hardware is written off"),
    "cloud_rental": ("rented", "if rented"),
}
"""What an estimate of a training cost counts: in a word, and in a sentence."""

PARTS = ("input", "output")

RENTS_OF = pd.Timedelta(days=365)
"""How long before the end of a training run its rents may be dated."""

WIDEST = 3.0
"""How many times the lowest figure of the sources the highest may be, if a figure between them is to agree.
"""


@dataclass(frozen=True)
class PrintedCell:
    """One cell as printed."""

    id: str
    table: str
    row: str
    column: str
    title: str
    printed: str


@dataclass(frozen=True)
class Answer:
    """What was found of a cell; `sourced` in the cell's unit, `protocol` the protocol, basis or date of
    it.
    """

    verdict: str
    reason: str
    short: str
    sourced: str = NONE
    protocol: str = ""
    stale: bool = False


def judge_cells(facts: Facts, columns: Sequence[tuple[str, str]] | None = None) -> pd.DataFrame:
    """Every cell of the article's tables with what the sources say and the verdict, columns `FIELDS`.

    Parameters
    ----------
    facts : Facts
        What may be looked at; each cell reads with a memory of its own.
    columns : sequence of (table, column), optional
        The columns to judge; all of them, the key columns excepted, where it is not given.

    Raises
    ------
    DataError
        The tables have no such column, `cells.yml` cannot be used, or a cell asks for a row that no day
        knows.
    """
    rules = cell_rules.load()
    wanted = list(rules) if columns is None else list(columns)
    if unknown := [pair for pair in wanted if pair not in rules]:
        name = ".".join(unknown[0])
        rule = f"the article's tables have no column {name!r}"
        raise DataError(Problem(cell_rules.FILE, rule, nearest(name, map(".".join, rules))))
    rows = [
        _row(facts.without_memory(), cell, rules[cell.table, cell.column])
        for cell in _printed()
        if (cell.table, cell.column) in wanted
    ]
    found = pd.DataFrame(rows, columns=list(FIELDS))
    return found.assign(strength=pd.Series([row["strength"] for row in rows], dtype=object))


def _printed() -> Iterator[PrintedCell]:
    for name in cell_rules.TABLES:
        meta = sidecar(name)
        for texts in article_tables.printed_table(name).to_dict("records"):
            row = texts[meta.key]
            for column, spec in meta.columns.items():
                if column != meta.key:
                    yield PrintedCell(
                        f"{meta.where}.{slug(row)}.{column}", name, row, column, spec.title, texts[column]
                    )


def _row(facts: Facts, cell: PrintedCell, column: cell_rules.ColumnRules) -> dict[str, Any]:
    with arguments.errors_at(f"{cell_rules.FILE}, cell {cell.id}"):
        answer = _answer(facts, cell, column)
    decided = answer.verdict != "uncheckable"
    return {
        "id": cell.id,
        "section": cell.id.partition(".")[0],
        "table": cell.table,
        "row": cell.row,
        "column": cell.column,
        "title": cell.title,
        "printed": cell.printed,
        "sourced": answer.sourced,
        "protocol": answer.protocol,
        "verdict": answer.verdict,
        "stale": answer.stale,
        "reason": answer.reason,
        "short": answer.short,
        "sources": facts.references if decided else [],
        "mentioned": facts.mentions if decided else [*facts.references, *facts.mentions],
        "strength": facts.strength if decided else None,
        "used": list(dict.fromkeys(facts.used)),
    }


def _answer(facts: Facts, cell: PrintedCell, column: cell_rules.ColumnRules) -> Answer:
    own = column.rows.get(cell.row)
    rule = BY_RULE[type(own)] if own else BY_COLUMN.get((cell.table, cell.column), _opinion)
    try:
        answer = rule(facts, cell, own)
    except NothingKnown:
        reason = f"We found nothing on this dated up to {format_date(facts.as_of)}."
        answer = Answer("uncheckable", reason, "nothing found")
    told = [
        answer.reason,
        _note(facts, own),
        column.would_decide if answer.verdict == "uncheckable" else None,
    ]
    return replace(answer, reason=" ".join(text for text in told if text))


def _note(facts: Facts, own: cell_rules.CellRule | None) -> str | None:
    """What is mentioned with the verdict, once its facts are known."""
    if own is None or own.note is None:
        return None
    record.refuse_unknown_names(own.note, facts, set())
    return fill_placeholders(own.note, _words(facts, facts.facts_by_day(own.beside, decides=False)))


def _words(facts: Facts, rows: Sequence[pd.Series]) -> dict[str, str]:
    return {name: text for row in rows for name, text in placeholders(row, facts.day).items()}


# Benchmarks


def _score(facts: Facts, cell: PrintedCell, own: None) -> Answer:
    """A score against the row's own, under the heading's protocol and under others; else where it comes
    from.
    """
    benchmark, protocol = HEADINGS[cell.column]
    scores = facts.find(SCORES, article_model=cell.row)
    same = scores[scores["benchmark"] == benchmark].sort_values("score_pct", ascending=False)
    if same.empty:
        raise NothingKnown(f"{cell.row} on {benchmark}")
    asked = same[same["protocol"] == protocol]
    printed = _figure(facts, cell)
    equal, elsewhere = _equal(asked, printed), _equal(same[same["protocol"] != protocol], printed)
    if len(equal):
        hit = equal.iloc[0]
        facts.cite(SCORES, equal.head(1))
        facts.mention(SCORES, asked)
        score = f"{hit['score_pct']:.1f}"
        reason = f"{_version(hit)} scored {score} on {benchmark} {_how(protocol)}.{_others(asked, hit)}"
        return Answer("holds", reason, f"{score} {_briefly(protocol)}, {hit['model']}", score, protocol)
    facts.cite(SCORES, asked)
    trend = asked[asked["use"] == "trend"]
    best = None if asked.empty else (asked if trend.empty else trend).iloc[0]
    sourced = NONE if best is None else f"{best['score_pct']:.1f}"
    heading = _how(protocol)
    if len(elsewhere):
        hit = elsewhere.iloc[0]
        facts.cite(SCORES, elsewhere.head(1))
        scored = f"it scored {sourced}.{_others(asked, best)}" if best is not None else "we found no score."
        reason = (
            f"{cell.printed} is {cell.row}'s score {_how(hit['protocol'])}."
            f" {heading[0].upper()}{heading[1:]}, as the heading says, {scored}"
        )
        short = f"{sourced} {_briefly(protocol)}, {cell.printed} is {_briefly(hit['protocol'])}"
        return Answer("partly", reason, short, sourced, protocol)
    if best is None:
        raise NothingKnown(f"{cell.row} on {benchmark}, {protocol}")
    reason = (
        f"{_version(best)} scored {sourced} on {benchmark} {heading}, as the heading"
        f" says.{_others(asked, best)}"
    )
    short = f"{sourced} {_briefly(protocol)}"
    look_alike = _look_alike(facts, scores, benchmark, protocol, printed)
    if look_alike is not None:
        facts.mention(SCORES, look_alike.to_frame().T)
        same_test = look_alike["benchmark"] == benchmark
        where = "on the same test" if same_test else f"on another test, {look_alike['benchmark']}"
        reason += f" The article's {cell.printed} is the score of {look_alike['model']} {where}."
        short += f", {cell.printed} is " + (
            f"{look_alike['model']}'s score" if same_test else f"its {look_alike['benchmark']} score"
        )
    return Answer("fails", reason, short, sourced, protocol)


def _look_alike(
    facts: Facts, scores: pd.DataFrame, benchmark: str, protocol: str, printed: Interval
) -> pd.Series | None:
    """Whose score a wrong figure is: an earlier model's on the same benchmark and protocol, else the same
    model's on another.
    """
    others = facts.find(SCORES, benchmark=benchmark, protocol=protocol)
    earlier = others[~others.index.isin(scores.index) & (others["valid_on"] < scores["valid_on"].min())]
    for candidates in (earlier, scores[scores["benchmark"] != benchmark]):
        equal = _equal(candidates, printed)
        if len(equal):
            return equal.iloc[0]
    return None


def _equal(scores: pd.DataFrame, printed: Interval) -> pd.DataFrame:
    """The scores that read as printed, those that enter comparisons first."""
    equal = scores[scores["score_pct"].between(printed.low, printed.high)]
    return equal.sort_values("use", key=lambda use: use != "trend", kind="stable")


def _others(rows: pd.DataFrame, named: pd.Series) -> str:
    """The scores of a model's other versions, as a sentence of their own."""
    rest = ", ".join(
        f"{_version(row)} {row['score_pct']:.1f}" for _, row in rows.drop(index=named.name).iterrows()
    )
    return f" Other versions: {rest}." if rest else ""


def _version(row: pd.Series) -> str:
    """The model as released, with the way it was run where its name does not say so."""
    variant, model = str(row["variant"]), str(row["model"])
    return f"{model} with {variant}" if variant.endswith("message") else model


def _how(protocol: str) -> str:
    return HOW.get(protocol, f"under the protocol {protocol}")


def _briefly(protocol: str) -> str:
    """How a test is run, in as few words as tell it apart."""
    return _how(protocol).partition(" and ")[0]


# Prices and costs


def _price(facts: Facts, cell: PrintedCell, own: None) -> Answer:
    """A price against the developer's own list: the one in force on the article's day, then the earlier
    ones.
    """
    prices = facts.find(PRICES, article_model=cell.row, terms="list")
    if prices.empty:
        raise NothingKnown(f"prices of {cell.row}")
    printed = [_figure(facts, cell, part) for part in PARTS]
    developers = facts.find(SCORES, article_model=cell.row)["developer"].unique()
    first_party = prices[prices["seller"].isin(developers)]
    if first_party.empty:
        return _hosted(facts, prices, printed)
    fits = [_equals(row, printed) for _, row in first_party.iterrows()]
    changed = first_party[[price_column(part) for part in PARTS]].diff().abs().sum(axis=1) > 0
    launch, last = first_party.iloc[0], first_party.iloc[-1]
    since = first_party[changed].iloc[-1] if changed.any() else launch
    facts.cite(PRICES, first_party.loc[[since.name, last.name]])
    now, from_day = describe_price(last), format_date(since["valid_on"])
    sourced, protocol = now, f"list price of {from_day}"
    if fits[-1]:
        reason = f"{last['seller']} listed it at {now} from {from_day}"
        reason += (
            f" and still did on {format_date(last['valid_on'])}."
            if last.name != since.name
            else ", the last list price that we found."
        )
        return Answer("holds", reason, f"list price since {from_day}", sourced, protocol)
    if any(fits):
        facts.cite(PRICES, first_party.loc[[launch.name]])
    else:
        facts.mention(PRICES, first_party.loc[[launch.name]])
    reason = (
        f"{launch['seller']} listed it at {describe_price(launch)} from {format_date(launch['valid_on'])}"
    )
    reason += f", and at {now} since {from_day}." if changed.any() else "."
    return Answer("fails", reason, f"{now} since {from_day}", sourced, protocol, stale=any(fits))


def _hosted(facts: Facts, prices: pd.DataFrame, printed: Sequence[Interval]) -> Answer:
    """A price of a model that its developer does not sell, against the lists of hosts."""
    last = prices.drop_duplicates("seller", keep="last")
    ends = {part: (last[price_column(part)].min(), last[price_column(part)].max()) for part in PARTS}
    lowest, highest = min(low for low, _ in ends.values()), max(high for _, high in ends.values())
    span = f"${lowest:.2f} to ${highest:.2f}"
    told = f"Its developer sells no access to it; {labels.number_word(len(last))} hosts ask {span}"
    protocol = (
        f"list prices of hosts, {format_date(last['valid_on'].iloc[0])} to"
        f" {format_date(last['valid_on'].iloc[-1])}"
    )
    hits = last[[_equals(row, printed) for _, row in last.iterrows()]]
    if len(hits):
        hit = hits.iloc[-1]
        facts.cite(PRICES, hits.tail(1))
        reason = f"{told}, {hit['seller']} {describe_price(hit)} on {format_date(hit['valid_on'])}."
        return Answer("holds", reason, f"{hit['seller']}'s price", span, protocol)
    facts.cite(PRICES, last)
    inside = all(
        ends[part][0] <= figure.value <= ends[part][1] for part, figure in zip(PARTS, printed, strict=True)
    )
    price = " / ".join(dict.fromkeys(format_figure(figure.value, "usd_per_mtok", 2) for figure in printed))
    reason = f"{told}, none of them the article's {price}."
    return Answer("uncheckable" if inside else "fails", reason, f"no own price, hosts {span}", span, protocol)


def _equals(row: pd.Series, printed: Sequence[Interval]) -> bool:
    """Whether a list price is the printed one; list prices are exact."""
    return all(
        math.isclose(figure.value, row[price_column(part)])
        for part, figure in zip(PARTS, printed, strict=True)
    )


def _training_cost(facts: Facts, cell: PrintedCell, own: cell_rules.TrainingCost | None) -> Answer:
    """A training cost against the developer's word, else against every estimate of it, whatever its basis."""
    printed = _figure(facts, cell)
    if own and own.stated and own.read_as_usd_mn:
        for row in facts.facts_by_day([own.stated]):
            low, high = own.read_as_usd_mn
            verdict, day = _between(printed, low, high), describe_day(row)
            reason = (
                f"{record.render_sentence(str(own.told), [row], facts)} We read that as"
                f" {_span(low, high, 'usd_mn')}"
                + (", which hardly any figure could miss." if verdict == "uncheckable" else ".")
            )
            said = f"{_span(low, high, 'usd_mn')} by the developer's word"
            return Answer(verdict, reason, said, f"{low:g} to {high:g}", f"developer's word, {day}")
    estimates = _estimates(facts, cell, own)
    if not estimates:
        raise NothingKnown(f"training cost of {cell.row}")
    sure = [estimate for estimate in estimates if not estimate.speculative] or estimates
    told = join_words(f"{one.span} {one.how}" for one in sure)
    short = ", ".join(f"{one.span} if {one.basis}" for one in sure)
    lowest, highest = min(one.low for one in sure), max(one.high for one in sure)
    sourced = _ends(lowest, highest)
    protocol = "; ".join(f"{one.basis}, upper end open" if one.open else one.basis for one in sure)
    if sure[0].speculative:
        reason = f"Epoch AI calls the computing power behind its estimates speculative: {told}."
        return Answer(
            "uncheckable", reason, f"speculative: {join_words(one.span for one in sure)}", sourced, protocol
        )
    above = printed.low > highest and not any(one.open for one in sure)
    if above or printed.high < lowest:
        side, ours = "above" if above else "below", "both our figures" if len(sure) == 2 else "what we find"
        reason = f"The article's {format_figure(printed.value, 'usd_mn')} is {side} {ours}: {told}."
        return Answer("fails", reason, short, sourced, protocol)
    on = "what is counted" if len(sure) > 1 else "the rent"
    return Answer("uncheckable", f"It depends on {on}: {told}.", short, sourced, protocol)


@dataclass(frozen=True)
class TrainingCostEstimate:
    """What a training run cost by one basis.

    Attributes
    ----------
    basis, how : str
        What it counts, in a word or two ("if" before them makes a clause) and in a sentence.
    low, high : float
        Million dollars.
    open : bool
        `high` is a lower bound of the upper end.
    speculative : bool
        By its author's own word: mentioned, never decisive.
    """

    basis: str
    how: str
    low: float
    high: float
    open: bool = False
    speculative: bool = False

    @property
    def span(self) -> str:
        """The cost as a sentence has it."""
        if self.open:
            return f"{format_figure(self.low, 'usd_mn')} to over {format_figure(self.high, 'usd_mn')}"
        return _span(self.low, self.high, "usd_mn")


def _estimates(
    facts: Facts, cell: PrintedCell, own: cell_rules.TrainingCost | None
) -> list[TrainingCostEstimate]:
    """Every estimate of a training cost: the last vintage out by `as_of`, and hours of training at the rents
    of their time.
    """
    found = []
    costs = facts.find(COSTS)
    costs = costs[(costs["model"].map(slug) == slug(cell.row)) & (costs["estimated_on"] <= facts.as_of)]
    for basis, rows in costs.sort_values("estimated_on").groupby("cost_basis", sort=True):
        speculative = rows["compute_confidence"].iloc[-1] == "speculative"
        (facts.mention if speculative else facts.cite)(COSTS, rows.tail(1))
        cost = float(rows["training_cost_usd"].iloc[-1]) / 1e6
        found.append(TrainingCostEstimate(*BASES[str(basis)], cost, cost, speculative=speculative))
    for run in facts.facts_by_day([own.gpu_hours] if own and own.gpu_hours else []):
        rents = facts.find(CHIPS, metric="rental_price")
        rents = rents[rents["valid_on"].between(run["valid_on"] - RENTS_OF, run["valid_on"])]
        if rents.empty:
            continue
        tops = rents["value_high"].fillna(rents["value_low"])
        low, high = float(rents["value_low"].min()), float(tops.max())
        ends = rents[(rents["value_low"] == low) | (tops == high)]
        is_open = bool(ends["value_high"].isna().any())
        facts.cite(CHIPS, ends)
        hours, over = float(run["value"]), "over " if is_open else ""
        how = f"for {hours:g} million GPU-hours at rents of ${low:.2f} to {over}${high:.2f}"
        found.append(TrainingCostEstimate("rented by the hour", how, hours * low, hours * high, open=is_open))
    return found


# Parameters


def _parameters(facts: Facts, cell: PrintedCell, own: cell_rules.Parameters) -> Answer:
    """A count against the developer's own; unknown agrees where a source says that the developer gives
    none.
    """
    printed = facts.cells[cell.table].query("row == @cell.row and column == @cell.column").iloc[0]
    repeated = facts.facts_by_day(own.estimates, decides=False)
    told = "".join(
        f" Others repeat {describe_value(row)} ({row['source_title']}, {describe_day(row)})."
        for row in repeated
    )
    if isinstance(printed["missing"], str):
        silent = facts.facts_by_day(own.undisclosed)
        if not silent:
            raise NothingKnown(f"parameters of {cell.row}")
        source = f"{silent[-1]['source_title']}, {describe_day(silent[-1])}"
        reason = (
            f"The developer gives no count.{told}" if told else f"The developer gives no count ({source})."
        )
        return Answer("holds", reason, "not disclosed", NONE, describe_day(silent[-1]))
    totals = facts.facts_by_day([own.total] if own.total else [])
    if not totals:
        if not repeated:
            raise NothingKnown(f"parameters of {cell.row}")
        counted = ", ".join(f"{row['value']:g}" for row in repeated)
        reason = f"We found no count by the developer.{told}"
        protocol = f"repeated estimate, {describe_day(repeated[-1])}"
        return Answer("uncheckable", reason, "not disclosed, an estimate alone", counted, protocol)
    said, stated = {"in total": (printed["low"], printed["high"])}, {"in total": totals[-1]}
    if active := re.search(r"(\d+(?:\.\d+)?B) active", cell.printed):
        said["active"] = accepted(parse_figure(active[1], "parameters_bn"))
        for row in facts.facts_by_day([own.active] if own.active else []):
            stated["active"] = row
    agree = [said[name][0] <= row["value"] <= said[name][1] for name, row in stated.items()]
    told = join_words(f"{describe_value(row)} {name}" for name, row in stated.items())
    verdict = "holds" if all(agree) else "partly" if any(agree) else "fails"
    sourced = ", ".join(f"{row['value']:g} {name}" for name, row in stated.items()).replace(" in total", "")
    return Answer(
        verdict,
        f"{totals[-1]['subject']} gives {told}.",
        f"{told} by the developer",
        sourced,
        describe_day(totals[-1]),
    )


# Players


def _releases(facts: Facts, cell: PrintedCell, own: cell_rules.Releases) -> Answer:
    """The named model against the developer's last release on record; one that was the last earlier is
    stale.
    """
    rows = sorted(facts.facts_by_day(own.names, decides=False), key=lambda row: row["valid_on"])
    if not rows:
        raise NothingKnown(f"releases of {cell.row}")
    out = {own.names[row["id"]]: describe_day(row) for row in rows}
    last = list(out)[-1]
    named = {re.sub(r"\s*\(.*\)", "", part): "in dev" in part for part in cell.printed.split(" / ")}
    led = [name for name, unreleased in named.items() if name in out and not unreleased]
    late = [name for name, unreleased in named.items() if unreleased and name in out]
    facts.facts_by_day(row["id"] for row in rows if own.names[row["id"]] in (last, *led, *late))
    short, protocol = f"{last} since {out[last]}", out[last]
    if last in led and not late:
        return Answer("holds", f"{last} of {out[last]} was the latest that we found.", short, last, protocol)
    reason = f"{last} ({out[last]}) had followed" + (f" {led[-1]} ({out[led[-1]]})" if led else " by then")
    reason += f", and {late[0]} was no longer in development." if late else "."
    return Answer("fails", reason, short, last, protocol, stale=bool(led))


def _investors(facts: Facts, cell: PrintedCell, own: cell_rules.Investors) -> Answer:
    """The named investors against all that we know of: the largest by money without conditions, and by
    stake.
    """
    amounts = _amounts(facts, own.amounts)
    named = [name.strip() for name in cell.printed.split(",")]
    if any(name not in amounts for name in named):
        raise NothingKnown(cell.printed)
    firm = {name: without for name, (without, _) in amounts.items()}
    money_in_words = {name: f"{name} {format_figure(size, 'usd_bn')}" for name, size in firm.items()}
    stakes, stakes_in_words, valued = _stakes(facts, amounts, own)
    readings = {"money without conditions": (firm, money_in_words)}
    readings |= {"stake": (stakes, stakes_in_words)} if stakes else {}
    ranked = {by: sorted(sizes, key=lambda name: -sizes[name]) for by, (sizes, _) in readings.items()}
    meets = {by: set(names[: len(named)]) == set(named) for by, names in ranked.items()}
    met = [by for by, does in meets.items() if does]
    verdict = "holds" if all(meets.values()) else "partly"
    opening = (
        f"They are the largest by {join_words(met)}" + (" only" if verdict == "partly" else "")
        if met
        else "They are investors, but not the largest"
    )
    lists = " ".join(
        f"{f'By {by}: ' if len(readings) > 1 else ''}{', '.join(texts[name] for name in ranked[by])}."
        for by, (_, texts) in readings.items()
    )
    short = "; ".join(f"by {by.split()[0]} {', '.join(names[: len(named)])}" for by, names in ranked.items())
    sourced, protocol = (
        ", ".join(ranked["money without conditions"][: len(named)]),
        f"by money without conditions, {format_date(facts.day)}",
    )
    return Answer(
        verdict, f"{opening}, of those whose own amounts we found. {lists}{valued}", short, sourced, protocol
    )


def _amounts(facts: Facts, places: Mapping[str, cell_rules.Amount]) -> dict[str, tuple[float, float]]:
    """Money of each investor in billion dollars: without what depends on conditions, and with it."""
    found = {}
    for name, place in places.items():
        try:
            whole, _ = _amount(facts, place)
        except NothingKnown:
            continue
        conditional = sum(float(row["value"]) for row in facts.facts_by_day(place.less))
        found[name] = (whole - conditional, whole)
    return found


def _stakes(
    facts: Facts, amounts: Mapping[str, tuple[float, float]], own: cell_rules.Investors
) -> tuple[dict[str, float], dict[str, str], str]:
    """Stakes in percent: as stated, with the day, else what all the investor's money buys at the value of the
    last round, at most.

    The second mapping has them in words; the text says at which value the others are taken.
    """
    found, texts = {}, {}
    for name, place in own.stakes.items():
        try:
            found[name], day = _amount(facts, place)
        except NothingKnown:
            continue
        texts[name] = f"{name} {format_figure(found[name], 'pct')} ({format_date(day)})"
    if not found:
        return {}, {}, ""
    last = facts.last(ROUNDS, "post_money_usd_bn", company=own.valued_as)
    derived = {
        name: 100 * whole / float(last["post_money_usd_bn"])
        for name, (_, whole) in amounts.items()
        if name not in found
    }
    texts |= {name: f"{name} at most {format_figure(stake, 'pct')}" for name, stake in derived.items()}
    valued = (
        " 'At most' takes all that is promised, at the value of the round of"
        f" {format_date(last['valid_on'])}."
    )
    return found | derived, texts, valued if derived else ""


def _amount(facts: Facts, place: cell_rules.Amount) -> tuple[float, pd.Timestamp]:
    """An amount with the day of its latest row."""
    if place.fact is not None:
        row = facts.fact(place.fact)
        return float(row["value"]), row["valid_on"]
    table, column = str(place.table), str(place.column)
    if place.add:
        rows = facts.rows(table, **place.where)
        return float(rows[column].sum()), rows["valid_on"].max()
    row = facts.last(table, column, **place.where)
    return float(row[column]), row["valid_on"]


def _funding(facts: Facts, cell: PrintedCell, own: None) -> Answer:
    """A total against the running sum of the rounds in our data, which is a floor of it; money on conditions
    is left out.
    """
    rounds = facts.rows(ROUNDS, company=cell.row, in_total="yes")
    running = rounds.groupby("valid_on")["amount_usd_bn"].sum().cumsum()
    now, day, printed = float(running.iloc[-1]), format_date(running.index[-1]), _figure(facts, cell)
    sourced, protocol = f"{now:.1f}", f"rounds to {day}, paid and promised without conditions"
    count, article = (
        labels.number_word(rounds["round"].nunique()),
        f"the article's {format_figure(printed.value, 'usd_bn')}",
    )
    told = (
        f"{count[0].upper()}{count[1:]} rounds up to {day} add up to {format_figure(now, 'usd_bn')}, paid and"
        " promised without conditions"
    )
    short = f"{format_figure(now, 'usd_bn')} by {day}"
    if now < printed.low or (printed.open and now <= printed.low):
        return Answer(
            "uncheckable",
            f"{told}. That is less than {article}, but our list may lack some.",
            short,
            sourced,
            protocol,
        )
    if printed.open:
        above = running[running > printed.low]
        held_days = (facts.day - above.index[0]).days
        stale = (
            held_days >= DAYS_PER_YEAR * float(facts.assumptions["stale_after_years"])
            or now >= record.STALE_FACTOR * printed.low
        )
        reason = (
            f"{told}. {cell.row} passed {article} on {format_date(above.index[0])}, at"
            f" {format_figure(above.iloc[0], 'usd_bn')}."
        )
        return Answer("holds", reason, short, sourced, protocol, stale=bool(stale))
    if now <= printed.high:
        return Answer("holds", f"{told}.", short, sourced, protocol)
    met, past = running[running.between(printed.low, printed.high)], running[running > printed.high]
    if len(met):
        reason = (
            f"{told}. T{article[1:]} was right from {format_date(met.index[0])}"
            f" ({format_figure(met.iloc[0], 'usd_bn')}) to {format_date(past.index[0])}"
            f" ({format_figure(past.iloc[0], 'usd_bn')})."
        )
    else:
        reason = (
            f"{told}. {cell.row} passed {article} on {format_date(past.index[0])}, at"
            f" {format_figure(past.iloc[0], 'usd_bn')}, and had not met it before."
        )
    return Answer("fails", reason, short, sourced, protocol, stale=bool(len(met)))


def _internal(facts: Facts, cell: PrintedCell, own: cell_rules.Internal) -> Answer:
    """A unit paid by its parent: agrees where facts show it; the parent's capital expenditure is
    mentioned.
    """
    shown = facts.facts_by_day(own.shows)
    spent = facts.find(CAPEX, company=own.parent)
    whole = spent.groupby(spent["valid_on"].dt.year)["capex_usd_mn"].agg(["sum", "count"]).query("count == 4")
    told = ""
    if len(whole):
        year = whole.index[-1]
        facts.mention(CAPEX, spent[spent["valid_on"].dt.year == year])
        told = (
            f" {own.parent} as a whole spent {format_figure(whole['sum'].iloc[-1] / 1000, 'usd_bn')} on"
            f" capital goods in {year}."
        )
    if own.shows and len(shown) == len(own.shows):
        reason = f"{record.render_sentence(str(own.told), shown, facts)}{told}"
        return Answer("holds", reason, f"paid by {own.parent}", own.parent, describe_day(shown[-1]))
    reason = (
        f"We found no outside round of {cell.row}, but that does not show that {own.parent} pays for all of"
        f" it.{told}"
    )
    return Answer("uncheckable", reason, "no accounts of the unit")


def _readings_on_record(facts: Facts, cell: PrintedCell, own: cell_rules.Readings) -> Answer:
    """A statement with several readings against dated facts, as a claim is."""
    readings = {name: dict(sides) for name, sides in own.readings.items()}
    finding = record.readings_on_record(facts, None, told=own.told, readings=readings)
    rows = facts.dated_facts
    last = max(rows, key=lambda row: row["valid_on"])
    names = _words(facts, rows)
    for text in (own.short, own.sourced):
        record.refuse_unknown_names(text, facts, set())
    verdict, day = judge(finding, None), describe_day(last)
    if verdict == "holds":
        return Answer(verdict, finding.reason, str(last["fact"]), cell.printed, day)
    short = fill_placeholders(own.short, names) or str(last["fact"])
    return Answer(
        verdict, finding.reason, short, fill_placeholders(own.sourced, names) or str(last["fact"]), day
    )


def _costs_over_revenue(facts: Facts, cell: PrintedCell, own: cell_rules.CostsOverRevenue) -> Answer:
    """How far the company spends more than it earns: it bears on its risks and does not decide which of them
    counts most.
    """
    finding = money.costs_over_revenue(facts, parse_figure("over 1x", "x"), year=own.year, margin=own.margin)
    ratios = {name: value.value for name, value in finding.readings.items() if isinstance(value, Interval)}
    multiples = " and ".join(format_figure(value, "x", 1) for value in ratios.values())
    periods = ", after ".join(
        f"{value:.1f} times{'' if place else ' its revenue'} in"
        f" {'the quarter to ' if ' ' in name else ''}{name}"
        for place, (name, value) in enumerate(ratios.items())
    )
    reason, short = f"{cell.row}'s costs were {periods}.", f"costs {multiples} revenue"
    return Answer("uncheckable", reason, short, short, " and ".join(ratios))


# Markets


def _size(facts: Facts, cell: PrintedCell, own: None) -> Answer:
    """A market's size against forecasts with the same scope, each between its own base and end year."""
    year = int(re.findall(r"\d{4}", cell.column)[0])
    near = facts.find(FORECASTS, segment=cell.row, scope_fit="close")
    near = near[market.forecast_value(near, year).notna()]
    firms = near["forecaster"].nunique()
    if not firms:
        reason = f"We found no forecast of a market with this scope that covers {year}."
        return Answer("uncheckable", reason, "no forecast with this scope")
    facts.cite(FORECASTS, near)
    sizes = market.forecast_value(near, year)
    low, high = float(sizes.min()), float(sizes.max())
    by_firm = sizes.groupby(near["forecaster"], sort=False).agg(list)
    each = ", ".join(
        f"{join_words(format_figure(size, 'usd_bn') for size in own_sizes)}"
        f" ({str(firm).replace(' (attributed)', ', attributed')})"
        for firm, own_sizes in by_firm.items()
    )
    count = "one firm" if firms == 1 else f"{labels.number_word(firms)} firms"
    sourced, short = _ends(low, high), f"{_span(low, high, 'usd_bn')} by {count}"
    protocol = (
        f"{labels.number_word(len(near))} forecast{'s' if len(near) > 1 else ''} of {count}, each at its own"
        " rate"
    )
    if firms < 2:
        return Answer("uncheckable", f"Only one firm covers {year}: {each}.", short, sourced, protocol)
    printed = _figure(facts, cell)
    verdict, article = _between(printed, low, high), f"The article's {format_figure(printed.value, 'usd_bn')}"
    side = "below" if printed.high < low else "above"
    every = "both" if len(near) == 2 else f"all {labels.number_word(len(near))}"
    reason = {
        "holds": f"{article} lies within the forecasts for {year}: {each}.",
        "fails": f"{article} is {side} {every} forecasts for {year}: {each}.",
        "uncheckable": (
            f"Forecasts for {year} differ {high / low:.0f}-fold, so hardly any figure could miss them:"
            f" {each}."
        ),
    }[verdict]
    return Answer(verdict, reason, short, sourced, protocol)


def _between(printed: Interval, low: float, high: float) -> str:
    """The verdict on a figure by the ends of what sources give: outside it fails, inside wide ones it is not
    borne out.
    """
    if not meets_interval(printed, (low, high)):
        return "fails"
    return "holds" if high <= WIDEST * low else "uncheckable"


def _growth(facts: Facts, cell: PrintedCell, own: None) -> Answer:
    """A growth rate against the article's own two sizes."""
    figure = parse_figure(cell.printed, "pct")
    finding = arithmetic.growth_rate(facts, figure, segment=cell.row)
    rate = finding.result.value if finding.result else math.nan
    years = f"{float(facts.assumptions['elapsed_years']):g} years"
    protocol = f"{years}, from the article's sizes"
    return Answer(
        judge(finding, figure), finding.reason, f"{rate:.1f}% over {years}", f"{rate:.1f}", protocol
    )


def _opinion(facts: Facts, cell: PrintedCell, own: cell_rules.CellRule | None) -> Answer:
    return Answer("uncheckable", "", "nothing decides it")


Rule = Callable[[Facts, PrintedCell, Any], Answer]

BY_COLUMN: Mapping[tuple[str, str], Rule] = {
    ("models", "mmlu_pct"): _score,
    ("models", "humaneval_pct"): _score,
    ("models", "price_usd_per_mtok"): _price,
    ("models", "training_cost_usd_mn"): _training_cost,
    ("players", "total_funding_usd_bn"): _funding,
    ("market_size", "size_2024_usd_bn"): _size,
    ("market_size", "size_2028_usd_bn"): _size,
    ("market_size", "cagr_pct"): _growth,
}
"""How the cells of a column are judged by the tables of evidence."""

BY_RULE: Mapping[type[cell_rules.CellRule], Rule] = {
    cell_rules.Undecidable: _opinion,
    cell_rules.Parameters: _parameters,
    cell_rules.TrainingCost: _training_cost,
    cell_rules.Releases: _releases,
    cell_rules.Investors: _investors,
    cell_rules.Internal: _internal,
    cell_rules.Readings: _readings_on_record,
    cell_rules.CostsOverRevenue: _costs_over_revenue,
}
"""How a cell with a rule of its own in `cells.yml` is judged; it goes before its column's."""


def _figure(facts: Facts, cell: PrintedCell, part: str | None = None) -> Interval:
    """The printed figure of a cell, or of one of its parts, with its bounds."""
    return facts.cell(cell.table, cell.row, f"{part}_{cell.column}" if part else cell.column)


def _span(low: float, high: float, unit: str) -> str:
    """A range as a sentence has it."""
    return (
        format_figure(low, unit)
        if low == high
        else f"{format_figure(low, unit)} to {format_figure(high, unit)}"
    )


def _ends(low: float, high: float) -> str:
    """A range in the unit of its cell, without the unit."""
    return (
        format_value(low, "count")
        if low == high
        else f"{format_value(low, 'count')} to {format_value(high, 'count')}"
    )
