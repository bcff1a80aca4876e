"""From which assumptions does a number follow? Numbers that know it, and functions that find it.

Decisions
- A number that is read off the assumptions knows its name, and arithmetic with plain numbers keeps it; a
  whole number (a count, a switch, the seed) knows it only as it is. Arrays and tables know none: the result
  that they were taken from does.
- A function that is `traced` gives its result every assumption that it read while it ran, and those that
  its arguments follow from. Nothing is listed by hand, so nothing can be forgotten.
- Results hold them as ``inputs``: a mapping from the name of an assumption to its value, a distribution as
  the register has it.
- What a traced function sets itself is not what its result follows from; see `Assumptions.with_changes`.
- A cache below a traced function must not read assumptions: it is handed values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

Inputs = Mapping[str, Any]
"""Assumptions by name, with their values."""

P = ParamSpec("P")
T = TypeVar("T")

_reads: ContextVar[dict[str, Any] | None] = ContextVar("reads", default=None)
"""What the innermost traced function has read so far; None outside of any."""


class _Float(float):
    """A number that knows its inputs."""

    def __new__(cls, value: float, inputs: Inputs | None = None) -> _Float:
        number = super().__new__(cls, value)
        number.inputs = inputs or {}
        return number

    inputs: Inputs


class _Int(int):
    """A whole number that knows its inputs, and loses them in arithmetic."""

    def __new__(cls, value: int, inputs: Inputs | None = None) -> _Int:
        number = super().__new__(cls, value)
        number.inputs = inputs or {}
        return number

    inputs: Inputs


def _keep_inputs(name: str) -> None:
    """Let an operation of `_Float` do what that of float does, and keep the inputs of both sides."""
    compute: Callable[..., Any] = getattr(operator, name)
    if name in ("neg", "pos", "abs"):
        setattr(_Float, f"__{name}__", lambda a: _with_inputs(compute(float(a)), a.inputs))
        return
    setattr(_Float, f"__{name}__", lambda a, b: _with_inputs(compute(float(a), b), _of_both(a, b)))
    setattr(_Float, f"__r{name}__", lambda b, a: _with_inputs(compute(a, float(b)), _of_both(a, b)))


def _of_both(a: Any, b: Any) -> Inputs:
    """`inputs_of` two operands, the second of which decides where both have a name."""
    if type(a) in _PLAIN:
        return b.inputs if type(b) is _Float else inputs_of(b)
    if type(b) in _PLAIN:
        return a.inputs if type(a) is _Float else inputs_of(a)
    return inputs_of((a, b))


_PLAIN = (float, int)
"""Numbers that know no inputs; they are most of what numbers that do are computed with."""


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "neg", "pos", "abs"):
    _keep_inputs(_name)


def named(value: T, name: str, whole: object) -> T:
    """A value that was read off an assumption, `whole`: noted for the traced function that runs, and, if it
    is a number, one that knows where it is from.
    """
    if (reads := _reads.get()) is not None:
        reads.setdefault(name, whole)
    number: Any = value
    if type(number) is float:
        number = _Float(number, {name: whole})
    elif type(number) is int:
        number = _Int(number, {name: whole})
    return cast("T", number)


def is_tracing() -> bool:
    """Whether a traced function runs."""
    return _reads.get() is not None


def with_reads(compute: Callable[[], T]) -> tuple[T, dict[str, Any]]:
    """A result, and what was read for it; whoever calls has to `note` it in turn. Where no traced function
    runs, nothing is noted.
    """
    if not is_tracing():
        return compute(), {}
    token = _reads.set({})
    try:
        return compute(), _reads.get() or {}
    finally:
        _reads.reset(token)


def note(reads: Inputs) -> None:
    """Let the result of the traced function that runs follow from what was read for a part of it."""
    if (own := _reads.get()) is not None:
        for name, value in reads.items():
            own.setdefault(name, value)


def inputs_of(results: Any) -> dict[str, Any]:
    """The assumptions that a result follows from, or those of all in a tuple, a list or a dict."""
    if type(results) in _PLAIN:
        return {}
    if isinstance(results, dict):  # assumptions, which are one, know no inputs: they are what is read
        return _union(results.values()) if type(results) is dict else {}
    own = getattr(results, "inputs", None)
    if isinstance(own, Mapping):
        return dict(own)
    if is_dataclass(results) and not isinstance(results, type):
        return _union(getattr(results, item.name) for item in fields(results))
    return _union(results) if isinstance(results, tuple | list) else {}


def _union(results: Iterable[Any]) -> dict[str, Any]:
    return {name: value for result in results for name, value in inputs_of(result).items()}


def traced(function: Callable[P, T]) -> Callable[P, T]:
    """A function whose results know the assumptions that they follow from.

    Results are numbers, dataclasses with a field ``inputs``, and tuples, dicts and dataclasses of such.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        outer, reads = _reads.get(), dict[str, Any]()
        token = _reads.set(reads)
        try:
            result = function(*args, **kwargs)
        finally:
            _reads.reset(token)
            if outer is not None:
                outer.update({name: value for name, value in reads.items() if name not in outer})
        return _with_inputs(result, {**reads, **_union([*args, *kwargs.values()])})

    return run


def _with_inputs(result: Any, inputs: Inputs) -> Any:
    """A result that knows its inputs, in addition to those that it has."""
    if not inputs:
        return result
    if type(result) is float:
        return _Float(result, inputs)
    if type(result) in (int, _Int):
        return _Int(result, {**inputs, **inputs_of(result)})
    if type(result) is _Float:
        return _Float(result, {**inputs, **inputs_of(result)})
    if is_dataclass(result) and not isinstance(result, type):
        return _dataclass_with_inputs(result, inputs)
    if isinstance(result, tuple):
        parts = [_with_inputs(part, inputs) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return {k: _with_inputs(part, inputs) for k, part in result.items()} if type(result) is dict else result


def _dataclass_with_inputs(result: Any, inputs: Inputs) -> Any:
    parts = {item.name: getattr(result, item.name) for item in fields(result)}
    if "inputs" in parts:
        return replace(result, inputs={**inputs, **result.inputs})
    changed = {k: v for k, part in parts.items() if (v := _with_inputs(part, inputs)) is not part}
    return replace(result, **changed)
