"""When is a table read? When somebody asks for it, and again once its file has changed.

Decisions
- Names are known at once, tables only as they are asked for: who looks at one depends on its file alone.
- Every access goes to the reader, which announces its files (`cache.depends_on`): whoever asks for a table
  that was read before depends on it, too.
- A table that cannot be used is refused as such (`TableError`): whoever asks for it made no mistake.
- What is made of a table (a copy of one's own, its rows up to a day) is made once for as long as the reader
  returns the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from analysis.errors import DataError, TableError

Source = TypeVar("Source")
Result = TypeVar("Result")


class LazyTables(Mapping[str, Result], Generic[Source, Result]):
    """Values by name, each read when it is asked for.

    Parameters
    ----------
    names : iterable of str
        The names, in order.
    read : callable
        Reads what has a name, and announces the files; the same object while they stay the same.
    make : callable
        Makes the value of what was read.
    """

    def __init__(
        self, names: Iterable[str], read: Callable[[str], Source], make: Callable[[Source], Result]
    ) -> None:
        self._names, self._read, self._make = dict.fromkeys(names), read, make
        self._results: dict[str, tuple[Source, Result]] = {}

    def __getitem__(self, name: str) -> Result:
        if name not in self._names:
            raise KeyError(name)
        try:
            source = self._read(name)
        except DataError as unusable:
            raise TableError(unusable.problems) from None
        result = self._results.get(name)
        if result is None or result[0] is not source:
            result = self._results[name] = source, self._make(source)
        return result[1]

    def content_key(self) -> tuple[object, ...]:
        """What tells it from another without reading anything: results that use a value depend on its file
        (`fingerprints`).
        """
        return tuple(self._names), self._read, self._make

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
