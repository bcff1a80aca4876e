"""Which rows of a table fit? Found by the values of its columns, each of which is looked through once.

Decisions
- A table of evidence is asked some hundred times for the rows with a value; what does not depend on the
  question (where each value stands, which rows a day sees, the sources) is worked out once.
- Rows that stand together are cut out and not collected: a table has a dozen columns of text, and collecting
  goes through each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""Which rows of a table are meant: one answer for each."""

Source = tuple[str, str, str]
"""Title, address and quality of a source."""


class Lookup:
    """The rows of a table of evidence by what stands in them.

    Parameters
    ----------
    table : DataFrame
        It does not change afterwards.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self._places: dict[str, dict[Any, list[int]]] = {}
        self._dated: dict[Hashable, Mask] = {}
        self._rows: dict[int, pd.Series] = {}

    def places(self, column: str) -> Mapping[Any, list[int]]:
        """Where each value of a column stands, counted from 0; missing ones under None."""
        if column not in self._places:
            places: dict[Any, list[int]] = {}
            for place, value in enumerate(self.table[column].tolist()):
                places.setdefault(_value(value), []).append(place)
            self._places[column] = places
        return self._places[column]

    def fitting(self, column: str, values: Iterable[Any]) -> Mask:
        """The rows with one of some values in a column."""
        fitting, places = np.zeros(len(self.table), dtype=bool), self.places(column)
        for value in values:
            fitting[places.get(_value(value), [])] = True
        return fitting

    def dated(self, column: str, compare: Callable[[Any, Any], Any], day: pd.Timestamp) -> Mask:
        """The rows with a date that compares so with a day (`operator.le`: up to it)."""
        question = column, compare, day
        if question not in self._dated:
            self._dated[question] = compare(self.table[column], day).to_numpy()
        return self._dated[question]

    def rows(self, chosen: Mask) -> pd.DataFrame:
        """Some of the rows, in their order and with their labels."""
        places = np.flatnonzero(chosen)
        if len(places) == 0 or places[-1] - places[0] == len(places) - 1:
            start = int(places[0]) if len(places) else 0
            return self.table.iloc[start : start + len(places)]
        return self.table.iloc[places]

    def last(self, chosen: Mask) -> pd.Series:
        """The last of some rows."""
        place = int(np.flatnonzero(chosen)[-1])
        if place not in self._rows:
            self._rows[place] = self.table.iloc[place]
        return self._rows[place]

    @cached_property
    def sources(self) -> Mapping[int, Source]:
        """The source of each row, by its label."""
        columns = (self.table[name].astype(str) for name in ("source_title", "source", "quality"))
        return dict(zip(self.table.index, zip(*columns, strict=True), strict=True))


def _value(value: Any) -> Any:
    """A value as what it is found by."""
    return None if value is pd.NaT or value != value else value
