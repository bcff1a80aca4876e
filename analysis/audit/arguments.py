"""Can a check or a reader use what a file hands it? Arguments against signatures, before anything runs.

Decisions
- A function's signature is the rule: its names, and the types of its annotations. They are read as JSON is,
  strictly, so that a text is a day where it has the form of one, but never a list or a number.
- What only the function itself can refuse, when it runs, is reported with the place of its arguments too.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from analysis.errors import DataError, Problem, TableError

NOUNS = {
    "string_type": "a text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "int_type": "a whole number",
    "float_type": "a number",
}
"""What the types of arguments are called, by the name of pydantic's refusal."""


def problems(
    function: Callable[..., object], arguments: Mapping[str, Any], where: str, kind: str, skipped: int
) -> Iterator[Problem]:
    """Arguments that a check or a reader (`kind`) lacks, does not take, or that have another type.

    Parameters
    ----------
    function : callable
        What is to be called.
    arguments : mapping
        What the file hands it, by name.
    where : str
        The place of these arguments.
    kind : str
        What the function is: check, reader.
    skipped : int
        How many of its first parameters do not come from the file.
    """
    signature = _signature(function)
    parameters = list(signature.parameters)[skipped:]
    try:
        signature.bind(*[None] * skipped, **{str(key): value for key, value in arguments.items()})
    except TypeError as reason:
        takes = ", ".join(parameters) or "no argument"
        yield Problem(where, f"{function.__name__}: {reason}", f"The {kind} takes {takes}")
        return
    types = _types(function, skipped)
    for name, value in arguments.items():
        try:
            types[name].validate_json(json.dumps(value, default=str), strict=True)
        except ValidationError as invalid:
            first = invalid.errors()[0]
            path = ".".join([name, *(str(part) for part in first["loc"] if part in _keys(value))])
            if isinstance(first["input"], str) and first["type"] == "list_type":
                rule, fix = f"{first['input']!r} is a text, not a list", f"Write [{first['input']}]"
            elif noun := NOUNS.get(first["type"]):
                rule, fix = f"{first['input']!r} is not {noun}", f"Write {noun}"
            else:
                rule, fix = f"{first['input']!r} cannot be used: {first['msg'].lower()}", "Correct it"
            yield Problem(where, f"{path}: {rule}", fix)


@contextmanager
def errors_at(where: str) -> Iterator[None]:
    """What a function refuses while it runs on the arguments of a file, with their place.

    Raises
    ------
    DataError
        The function refused a name, or failed on a value of its arguments.
    TableError
        A table that it reads cannot be used; that has its own place.
    """
    try:
        yield
    except TableError:
        raise
    except DataError as misnamed:
        raise DataError(
            [Problem(where, f"{problem.place} {problem.rule}", problem.fix) for problem in misnamed.problems]
        ) from None
    except (TypeError, ValueError, LookupError, AttributeError) as failed:
        rule = f"cannot be computed: {type(failed).__name__}: {failed}"
        raise DataError(
            Problem(where, rule, "Correct the arguments, or see it with THESIS_DEBUG=1")
        ) from failed


_signature = cache(inspect.signature)


@cache
def _types(function: Callable[..., object], skipped: int) -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(function)
    return {name: _adapter(hints[name]) for name in list(_signature(function).parameters)[skipped:]}


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """What reads values of a type; many parameters have the same one."""
    return TypeAdapter(kind)


def _keys(value: object) -> list[Any]:
    """The keys and places of a nested value, for the way to one of its parts."""
    if isinstance(value, Mapping):
        return [*value, *(key for below in value.values() for key in _keys(below))]
    if isinstance(value, list | tuple):
        return [*range(len(value)), *(key for below in value for key in _keys(below))]
    return []
