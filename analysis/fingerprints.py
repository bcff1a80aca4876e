"""Is this the same value, or the same code, as before? Contents as text, by which results are found again.

Decisions
- Values count by what they hold and not by which objects they are: equal arguments of two kernels are equal.
- Code counts as it is loaded, not as its file says: a module that somebody edited while a kernel lives still
  runs as it was, and a function that somebody replaced in a kernel runs as it is now.
- The unit of code is the module. A function reaches all that its module holds (functions, classes, constants,
  tables to which other modules add functions) and the modules that these come from or import: more than it
  runs, never less.
- Comments, line numbers and the folder of the code mean nothing; libraries count by name and version.
- What cannot be compared (a function of a notebook's cell, an open file) is refused, never treated as equal.
"""

from __future__ import annotations

import dataclasses
import dis
import functools
import importlib
import importlib.util
import pickle
import pkgutil
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, GenericAlias, MappingProxyType, MethodType, ModuleType
from typing import Any

from analysis.hashing import sha256, sha256_of_texts

PACKAGE = __name__.partition(".")[0]
NOTEBOOK = "__main__"
IMPORT = dis.opmap["IMPORT_NAME"]
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
"""Where an object lies in memory, in its `repr`."""


LONG_TEXT = 100
"""From how many letters on a text is written as its digest, wherever the value occurs."""

PLAIN = {str, int, float, bool, complex, bytes, type(None), type(...)}
"""Kinds of values of which equal ones have one `repr`, and no others have it."""


class NotComparable(Exception):
    """A value, or code, of which nobody can say whether it is the same as before."""


class Contents:
    """Writes values as text, and collects the modules whose code they bring with them.

    Parameters
    ----------
    module : str, optional
        The module whose own functions and classes are written out; those of others are named, and their
        modules collected.
    """

    def __init__(self, module: str | None = None) -> None:
        self.modules: set[str] = set()
        self._module = module
        self._written: dict[int, tuple[object, str]] = {}
        """Each value by its `id`, held so that this stays its own, and what was written of it."""

    def text(self, value: Any) -> str:
        """A value as a text that differs wherever the value does.

        Raises
        ------
        NotComparable
            It holds what has no content to compare.
        """
        if type(value) in PLAIN:
            return repr(value)
        if isinstance(value, tuple | set | frozenset):
            texts = map(self.text, value)
            return f"{_name(type(value))}({', '.join(texts if isinstance(value, tuple) else sorted(texts))})"
        if isinstance(value, CodeType):
            return self._code(value)
        if id(value) not in self._written:
            self._written[id(value)] = value, f"{type(value).__name__} as before"  # what refers to itself
            text = self._mutable(value)
            self._written[id(value)] = value, text if len(text) < LONG_TEXT else sha256(text)
        return self._written[id(value)][1]

    def _mutable(self, value: Any) -> str:
        if isinstance(value, dict | MappingProxyType):
            texts = [f"{self.text(key)}: {self.text(item)}" for key, item in value.items()]
            own = self.text(value.content_key()) if hasattr(value, "content_key") else ""
            own += self.text(getattr(value, "default_factory", None))
            return f"{_name(type(value))}{{{', '.join(texts)}}}{own}"
        if isinstance(value, list):
            return f"{_name(type(value))}[{', '.join(map(self.text, value))}]"
        if isinstance(value, ModuleType):
            self.modules.add(value.__name__)
            return f"module {value.__name__}"
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, type) and not isinstance(value, GenericAlias):
            return self._class(value)
        if (parts := _wrapped(value)) is not None:
            return f"{_name(type(value))} {self.text(parts)}"
        return self._object(value)

    def _function(self, function: FunctionType) -> str:
        """A function by its name, with its module, if it is found there; else, as a module's own, by its
        code.
        """
        name = f"{function.__module__}.{function.__qualname__}"
        self.modules.add(function.__module__)
        if function.__module__ != self._module and _is_bound(function):
            return f"function {name}"
        wrapped = getattr(function, "__wrapped__", None)
        is_store = wrapped and function.__globals__.get("__name__") in BOOKKEEPING
        cells = [] if is_store else [_content(cell) for cell in function.__closure__ or ()]
        parts = (function.__defaults__, function.__kwdefaults__, wrapped, *cells)
        return f"function {name} {self._code(function.__code__)} {self.text(parts)}"

    def _class(self, kind: type) -> str:
        self.modules.add(kind.__module__)
        if kind.__module__ != self._module:
            return f"class {_name(kind)}"
        members = {key: item for key, item in vars(kind).items() if _is_written(key, item)}
        fields = ADDRESS.sub("", repr(vars(kind).get("__pydantic_fields__")))
        return f"class {_name(kind)} {self.text(kind.__bases__)} {fields} {self.text(members)}"

    def _code(self, code: CodeType) -> str:
        """What code does: its instructions, constants and names; and the modules that it imports."""
        for name in _imported(code):
            if not _is_library(name):
                self.modules |= {name, *(f"{name}.{other}" for other in code.co_names)}
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        plain = all(type(constant) in PLAIN for constant in code.co_consts)
        constants = repr(code.co_consts) if plain else self.text(code.co_consts)
        return f"{code.co_code!r} {code.co_exceptiontable!r} {counts} {names} {constants}"

    def _object(self, value: Any) -> str:
        """Anything else: by what it says of itself, its fields, its cells, or as it is pickled."""
        name = _name(type(value))
        self.modules.add(type(value).__module__)
        if name.startswith("numpy.random") and self._module is None:
            raise NotComparable(f"{name}: using it changes it")
        if hasattr(value, "content_key"):
            return f"{name} {self.text(value.content_key())}"
        if dataclasses.is_dataclass(value):
            fields = [getattr(value, item.name) for item in dataclasses.fields(value)]
            return f"{name} {self.text(fields)}"
        if hasattr(value, "model_dump"):
            return f"{name} {self.text(value.model_dump())}"
        if name == "pydantic.type_adapter.TypeAdapter":
            return ADDRESS.sub("", repr(value))
        if (parts := _table_parts(value)) is not None:
            return f"{name} {self.text(parts)}"
        try:
            if not _is_library(type(value).__module__):  # what it holds may be code
                return f"{name} {self.text(_pickled_parts(value))}"
            return f"{name} {sha256(pickle.dumps(value, protocol=5))}"
        except Exception as reason:  # whatever a class raises: it has no content that could be compared
            if self._module is None:
                raise NotComparable(f"{name}: {reason}") from None
            return ADDRESS.sub("", f"{name} {value!r}")


WRITTEN = ("__annotations__", "__dataclass_fields__", "__slots__")
"""The names of a class with two underscores that say what it is and are no functions."""


def _is_written(name: str, value: Any) -> bool:
    """Whether a name of a class follows from its code, and is not what Python, copyreg, abc or pydantic store
    there, some of them only once it is used.
    """
    if name.startswith(("__pydantic", "_abc_impl")):
        return False
    if name in WRITTEN:
        return bool(value)  # an empty one appears when somebody asks for it
    return not name.startswith("__") or isinstance(value, FunctionType | classmethod | staticmethod)


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _is_bound(function: FunctionType) -> bool:
    """Whether a function is found where its name says, so that it is written out with that module."""
    there: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        there = getattr(there, part, None)
    return there is function


def _imported(code: CodeType) -> set[str]:
    """The modules that code imports by their full names."""
    if IMPORT not in code.co_code[::2]:
        return set()
    instructions = dis.get_instructions(code)
    return {each.argval for each in instructions if each.opcode == IMPORT and each.argval}


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # of a function that refers to itself, while it is made
        return None


def _wrapped(value: Any) -> tuple[Any, ...] | None:
    """What a decorator, a descriptor or a bound method holds; None where it is no such thing."""
    if isinstance(value, functools.partial):
        return (value.func, value.args, value.keywords)
    if isinstance(value, property):
        return (value.fget, value.fset)
    if isinstance(value, MethodType):
        return (value.__func__, value.__self__)
    if isinstance(value, classmethod | staticmethod):
        return (value.__func__,)
    if isinstance(value, functools.cached_property):
        return (value.func,)
    if isinstance(value, dataclasses.Field):
        return (value.name, value.type, value.default, value.default_factory, value.kw_only)
    if hasattr(value, "__metadata__"):  # Annotated[...]
        return (value.__origin__, value.__metadata__)
    wrapped = vars(value).get("__wrapped__") if hasattr(value, "__dict__") else None
    return None if wrapped is None else (wrapped,)


def _pickled_parts(value: Any) -> Any:
    """What an object of a class of ours is pickled by."""
    reduced = value.__reduce_ex__(5)
    if isinstance(reduced, str):
        return reduced
    # what makes it, of which arguments, and its state; then come iterators over items
    return (*reduced[:3], *(list(items or ()) for items in reduced[3:5]))


def _is_table(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] in ("numpy", "pandas")


def _table_parts(value: Any) -> tuple[Any, ...] | None:
    """What arrays, series and frames consist of; None for anything else."""
    if not _is_table(value):
        return None
    import numpy as np  # whoever holds a table has paid for the import
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        columns = [_cells(value.iloc[:, place]) for place in range(value.shape[1])]
        return (value.columns, value.index, value.attrs, *columns)
    if isinstance(value, pd.Series):
        return (value.name, value.index, value.attrs, _cells(value))
    if isinstance(value, pd.MultiIndex):
        return (list(value.names), list(value.levels), [codes.tobytes() for codes in value.codes])
    if isinstance(value, pd.Index):
        return (list(value.names), getattr(value, "freqstr", None), _cells(value))
    if type(value) is np.ndarray or isinstance(value, np.generic):  # others hold more: masks, for example
        return (value.shape, value.flags.c_contiguous, *_cells(value))  # sums follow the order in memory
    return None


def _cells(values: Any) -> tuple[Any, ...]:
    """The kind of an array or a column, and its cells. Texts go by their letters: as they are pickled, equal
    ones differ by which of them are one object.
    """
    import numpy as np

    kind = str(values.dtype)
    if kind == "category":
        return (kind, values.array.ordered, list(values.array.categories), values.array.codes.tobytes())
    cells = np.asarray(values)
    if not cells.dtype.hasobject:
        return (kind, sha256(cells.tobytes()))
    is_plain = all(type(cell) in PLAIN for cell in cells.flat)
    return (kind, repr(cells.tolist()) if is_plain else cells.tolist())


def digest_of_modules(names: Iterable[str]) -> str:
    """One digest of all code that modules reach, and of the libraries.

    Parameters
    ----------
    names : iterable of str
        Names of modules. They, and what they lead to, are followed as far as it is no library.

    Raises
    ------
    NotComparable
        Part of the code is a notebook's.
    """
    reached: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name == NOTEBOOK:
            raise NotComparable("code of a notebook's cell")
        if name in reached or name in BOOKKEEPING or _is_library(name) or not (module := _module(name)):
            continue
        examined = _examined(module)
        reached[name] = examined.digest
        waiting += examined.modules
    return sha256_of_texts(libraries(), *(f"{name} {reached[name]}" for name in sorted(reached)))


BOOKKEEPING = {f"{PACKAGE}.{name}" for name in ("cache", "stored_results", "fingerprints")}
"""The modules that store and find results: what they remember is not part of the code that makes one."""

INSTALLED = {"site-packages", "dist-packages"}
"""The folders in which libraries are installed."""


@functools.cache
def _is_library(name: str) -> bool:
    """Whether a module counts by its version and is not followed, although values are of its classes."""
    package = name.partition(".")[0]
    if package == PACKAGE:
        return False
    if module := sys.modules.get(package):
        places = [vars(module).get("__file__"), *vars(module).get("__path__", [])]
    else:
        spec = importlib.util.find_spec(package)
        places = [spec.origin, *(spec.submodule_search_locations or [])] if spec else []
    own = [place for place in places if place and INSTALLED.isdisjoint(Path(place).parts)]
    return package in sys.stdlib_module_names or not own


@functools.cache
def libraries() -> str:
    """Python and every installed library, by name and version."""
    # not the working folder: a notebook does not depend on the names of its neighbours
    folders = [Path(entry) for entry in sys.path if Path(entry).is_absolute()]
    installed = {path.name for folder in folders for path in folder.glob("*.dist-info")}
    return " ".join([platform.python_version(), platform.machine(), *sorted(installed)])


def _module(name: str) -> ModuleType | None:
    """A module by its name, imported if it was not; None where there is none."""
    if name not in sys.modules:
        with suppress(ImportError):
            importlib.import_module(name)
    return sys.modules.get(name)


@dataclass(frozen=True)
class _Examined:
    """What was written of a module, which holds as long as it has the same objects."""

    objects: list[object]
    digest: str
    modules: frozenset[str]


_examined_before: dict[str, _Examined] = {}
_replaced: set[str] = set()


def was_code_replaced() -> bool:
    """Whether code was replaced since this process first examined it: what functions remember (`lru_cache`)
    may then be of other code.
    """
    return bool(_replaced)


def _examined(module: ModuleType) -> _Examined:
    objects = list(_objects_of(module))
    before = _examined_before.get(module.__name__)
    if before is None or list(map(id, before.objects)) != list(map(id, objects)):
        contents = Contents(module.__name__)
        text = "\n".join(f"{name} {contents.text(value)}" for name, value in sorted(_names_of(module)))
        after = _Examined(objects, sha256(text), frozenset(contents.modules | _submodules(module)))
        if before is not None and before.digest != after.digest:
            _replaced.add(module.__name__)
        before = _examined_before[module.__name__] = after
    return before


def _names_of(module: ModuleType) -> Iterator[tuple[str, object]]:
    """What a module's code has bound: not what Python sets, such as the modules of a package that somebody
    imported.
    """
    inside = f"{module.__name__}."
    for name, value in list(vars(module).items()):
        is_submodule = isinstance(value, ModuleType) and value.__name__.startswith(inside)
        is_set_by_python = name.startswith("__") and name.endswith("__") and type(value) is not FunctionType
        if not is_set_by_python and not name.startswith("@") and not is_submodule:
            yield name, value


def _submodules(module: ModuleType) -> set[str]:
    """The modules of a package, each of which its name leads to; of the outermost one none."""
    if "." not in module.__name__ or "__path__" not in vars(module):
        return set()
    return {f"{module.__name__}.{part.name}" for part in pkgutil.iter_modules(module.__path__)}


def _objects_of(module: ModuleType) -> Iterator[object]:
    """Whatever a change of a module's code exchanges: what its names, its classes and its containers hold,
    and the code of functions.
    """
    for _, value in _names_of(module):
        yield from _objects_in(value)
        if isinstance(value, type) and value.__module__ == module.__name__:
            for name, member in list(vars(value).items()):
                if not name.startswith("__pydantic"):
                    yield from _objects_in(member)


def _objects_in(value: object) -> Iterator[object]:
    yield value
    inside: Iterable[object] = ()
    if isinstance(value, FunctionType):
        yield value.__code__
        inside = [each for each in (value.__defaults__, value.__kwdefaults__) if each]
    elif isinstance(value, dict):
        yield from list(value)
        inside = list(value.values())
    elif isinstance(value, list | tuple | set):
        inside = list(value)
    for item in inside:
        if type(item) in PLAIN:
            yield item
        else:
            yield from _objects_in(item)
