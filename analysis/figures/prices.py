"""Where does each stand? Models by price and quality, costs and funding with their bounds, and who funds
whom.

Decisions
- A printed figure is orange-brown, with a bar over what its qualifier leaves open; an arrow is an end that is
  open.
- A figure that is missing keeps its row and says why; it is never drawn at zero.
"""

from __future__ import annotations

import networkx as nx
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.figures import theme


def price_quality(
    models: pd.DataFrame, front: pd.Series, *, price: str, quality: str, quality_title: str, ax: Axes
) -> Axes:
    """Models by price (log axis) and quality; those that no other beats on both are joined.

    `front` is `models.frontier.pareto_front`, a Boolean per row.
    """
    best = models[front].sort_values(price)
    ax.step(best[price], best[quality], where="post", color=theme.RECOMPUTED, linewidth=1.6, zorder=2)
    sns.scatterplot(
        models, x=price, y=quality, color=theme.PRINTED, s=70, linewidth=0, zorder=4, ax=ax, legend=False
    )
    # Labels stand where the front does not run: left above it, right below it; the dearest has room to its
    # right.
    for model, x, y, on in models[["model", price, quality]].assign(on=front).itertuples(index=False):
        offset, side = (
            ((8, -3), "left")
            if x == models[price].max()
            else ((-6, 7), "right")
            if on
            else ((8, -10), "left")
        )
        ax.annotate(
            model, (x, y), xytext=offset, textcoords="offset points", ha=side, color=theme.INK, fontsize=10
        )
    ax.set_xscale("log")
    ticks = [0.2, 0.5, 1, 2, 5, 10]
    ax.set_xticks(ticks, [f"${tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.margins(x=0.2, y=0.12)
    ax.set(xlabel="blended price per million tokens, log scale", ylabel="")
    off = models[~front]["model"].tolist()
    beaten = (
        f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} beaten on both price and score"
        if off
        else "No model is beaten on both"
    )
    finding = (
        f"{beaten}; {best.iloc[0]['model']} is {models[price].max() / best.iloc[0][price]:.0f} times cheaper"
        " than the dearest"
    )
    alt = (
        f"{len(models)} models by price and score; a stepped line joins the {int(front.sum())} that no other"
        " beats on both."
    )
    return theme.set_texts(ax, finding, f"{quality_title} against price", alt)


def shares(before: pd.DataFrame, after: pd.DataFrame, *, amount: str, company: str, ax: Axes) -> Axes:
    """Shares of external funding before and after an investment, a row per company with the bounds.

    `before` and `after` are `models.players.funding_shares`.
    """
    order = list(before["company"])[::-1]
    for table, color, shift, label in (
        (before, theme.PRINTED, 0.14, "as printed"),
        (after, theme.RECOMPUTED, -0.14, f"after {amount}"),
    ):
        part = table.set_index("company").loc[order]
        rows = [row + shift for row in range(len(order))]
        ax.hlines(
            rows, part["share_low"] * 100, part["share_high"] * 100, color=color, linewidth=3, alpha=0.4
        )
        ax.scatter(
            part["share"] * 100,
            rows,
            color=color,
            s=58,
            zorder=4,
            label=label,
            marker="o" if shift > 0 else "s",
        )
        for row, value in zip(rows, part["share"] * 100, strict=True):
            ax.annotate(
                f"{value:.0f}",
                (value, row),
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
                color=color,
                fontsize=10,
            )
    ax.set_yticks(range(len(order)), order)
    ax.set(xlabel="", ylabel="", xlim=(0, 104), ylim=(-0.6, len(order) - 0.3))
    theme.legend(ax)
    share = [float(table.loc[table["company"] == company, "share"].iloc[0]) for table in (before, after)]
    before_text, after_text = (f"{value:.0%}" for value in share)
    change = (
        f"stays at {after_text}" if before_text == after_text else f"rises from {before_text} to {after_text}"
    )
    finding = f"{company}'s share of external funding {change}"
    alt = (
        f"Two marks for each of {len(order)} companies, its share before and after the investment, with the"
        " bounds of both."
    )
    return theme.set_texts(
        ax,
        finding,
        "Share of the external funding in the table, percent; bars are the bounds that > and ~ leave",
        alt,
    )


def funding_links(graph: nx.DiGraph[str], *, focus: str, ax: Axes) -> Axes:
    """Who is named as an investor in whom: investors left, companies right; a dashed line is a parent's own
    money.
    """
    sides = {
        kind: [node for node, data in graph.nodes(data=True) if data["kind"] == kind]
        for kind in ("investor", "company")
    }
    height = max(map(len, sides.values())) - 1
    place = {
        node: (0 if kind == "investor" else 1, height - i * height / max(len(nodes) - 1, 1))
        for kind, nodes in sides.items()
        for i, node in enumerate(nodes)
    }
    for investor, company, data in graph.edges(data=True):
        (x0, y0), (x1, y1) = place[investor], place[company]
        color = theme.RECOMPUTED if focus in (investor, company) else theme.MUTED
        line = (0, (4, 3)) if data["internal"] else "solid"
        ax.annotate(
            "",
            (x1 - 0.02, y1),
            (x0 + 0.02, y0),
            arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 1.7, "linestyle": line},
        )
    for node, (x, y) in place.items():
        ax.annotate(
            node,
            (x, y),
            xytext=(-6 if x == 0 else 6, 0),
            textcoords="offset points",
            ha="right" if x == 0 else "left",
            va="center",
            color=theme.INK,
            fontweight="semibold" if node == focus else "normal",
        )
    ax.set(xlim=(-0.55, 1.55), ylim=(-0.5, height + 0.5), xticks=[], yticks=[])
    ax.spines["bottom"].set_visible(False)
    inside = sum(data["internal"] for *_, data in graph.edges(data=True))
    backers = [company for company in sides["company"] if graph.in_degree(company) > 1]
    finding = (
        f"{' and '.join(backers)} have several outside investors; {inside} of {len(sides['company'])} live on"
        " a parent's money"
    )
    alt = (
        f"Lines from {len(sides['investor'])} investors to {len(sides['company'])} companies; dashed lines"
        " are internal money."
    )
    return theme.set_texts(
        ax,
        finding,
        "Investors as the table names them (left) and the companies that they fund (right); dashed: internal",
        alt,
    )
