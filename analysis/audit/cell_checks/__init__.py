"""What does a cell of the article's tables come to? One module for each kind of column."""

from analysis.audit.cell_checks import list_prices, markets, players, scores, training

__all__ = ["list_prices", "markets", "players", "scores", "training"]
