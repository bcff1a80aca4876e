"""Contents of values and of code: equal where the two are, whichever objects and processes they come from."""

import datetime as dt
import functools
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from analysis import fingerprints
from analysis.fingerprints import Contents, NotComparable, digest_of_modules
from analysis.project import CHECKOUT


@pytest.fixture(autouse=True)
def _no_code_was_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is replaced here changes nothing for the other tests of this process."""
    monkeypatch.setattr(fingerprints, "_replaced", set())


def text(value: object) -> str:
    return Contents().text(value)


@dataclass(frozen=True)
class Point:
    x: float
    label: str

    @functools.cached_property
    def doubled(self) -> float:
        return 2 * self.x


TABLE = pd.DataFrame(
    {
        "name": ["a", "b"],
        "value": [1.0, np.nan],
        "day": pd.to_datetime(["2026-01-01", None]),
        "kind": pd.Categorical(["x", "y"]),
    }
)
DIFFERENT = [
    1,
    1.0,
    True,
    "1",
    b"1",
    None,
    np.float64(1),
    [1, 2],
    (1, 2),
    [[1], 2],
    {"a": 1, "b": 2},
    {"b": 2, "a": 1},  # in another order, from which a table would have its columns in another one
    {1, 2},
    dt.date(2026, 1, 1),
    pd.Timestamp("2026-01-01"),
    Point(1.0, "a"),
    Point(1.0, "b"),
    np.array([1.0, 2.0]),
    np.array([[1.0, 2.0]]),
    np.array([1, 2]),
    np.zeros((2, 2)),
    np.asfortranarray(np.zeros((2, 2))),
    TABLE,
    TABLE.iloc[::-1],
    TABLE.rename(columns={"name": "label"}),
    TABLE.assign(name=["a", "c"]),
    TABLE.assign(value=[1.0, 2.0]),
    TABLE.assign(kind=TABLE["kind"].cat.as_ordered()),
    TABLE["value"],
    TABLE["value"].rename("other"),
    max,
    digest_of_modules,
    Point,
    Path("a"),
]


def test_values_that_differ_have_different_texts() -> None:
    texts = [text(value) for value in DIFFERENT]
    assert len(set(texts)) == len(DIFFERENT)


ONE, TWO = [1], [2]
LONG = np.zeros(2000)  # more cells than numpy prints
PAIRS: list[tuple[object, object]] = [
    ([ONE, TWO, ONE], [ONE, TWO, TWO]),
    (defaultdict(int), defaultdict(list)),
    (np.ma.array([1, 2], mask=[True, False]), np.ma.array([1, 2], mask=[False, True])),
    (pd.date_range("2026", periods=3), pd.DatetimeIndex(list(pd.date_range("2026", periods=3)))),
    (pd.Series([LONG], dtype=object), pd.Series([LONG + (np.arange(2000) == 1000)], dtype=object)),
    (pd.Series([np.array([0.1])], dtype=object), pd.Series([np.array([0.1 + 1e-12])], dtype=object)),
    (
        pd.MultiIndex.from_arrays([pd.Categorical(["x", "y"], ["x", "y"])]),
        pd.MultiIndex.from_arrays([pd.Categorical(["x", "y"], ["y", "x"])]),
    ),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_values_that_look_alike_have_different_texts(one: object, other: object) -> None:
    assert text(one) != text(other)


def test_the_same_value_twice_is_like_two_equal_ones() -> None:
    assert text([ONE, ONE]) == text([[1], [1]])


def test_equal_values_have_one_text_whichever_objects_they_are() -> None:
    word = "".join(["long ", "text"])
    one_object, two_objects = [word, word], [word, "".join(["long ", "text"])]
    assert one_object[0] is one_object[1] and two_objects[0] is not two_objects[1]
    assert text(one_object) == text(two_objects)
    assert text(TABLE) == text(TABLE.copy(deep=True))
    texts = pd.Series([word, word], dtype=object)
    assert text(texts) == text(pd.Series(two_objects, dtype=object))


def test_what_an_object_computed_on_the_way_changes_nothing() -> None:
    point, fresh = Point(1.0, "a"), Point(1.0, "a")
    assert point.doubled == 2.0
    assert text(point) == text(fresh)


def test_sets_have_one_text_in_every_process() -> None:
    # the hash of a text, and with it the order in a set, differs from process to process
    code = (
        "from analysis.fingerprints import Contents; print(Contents().text({'one', 'two', 'three', 'four'}))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {text({"one", "two", "three", "four"}) + "\n"}


def test_a_value_that_holds_itself_ends() -> None:
    ring: list[object] = [1]
    ring.append(ring)
    assert "as before" in text(ring)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file, pytest.raises(NotComparable, match="TextIOWrapper"):
        text(file)


def test_a_generator_is_refused_wherever_it_is() -> None:
    with pytest.raises(NotComparable, match="using it changes it"):
        text([np.random.default_rng(1)])


def test_a_function_brings_its_module() -> None:
    writer = Contents()
    writer.text({"how": digest_of_modules})
    assert "analysis.fingerprints" in writer.modules


def test_a_local_function_counts_by_its_code_and_what_it_encloses() -> None:
    def adds(number: int) -> Callable[[int], int]:
        return lambda value: value + number

    assert text(adds(1)) == text(adds(1))
    assert text(adds(1)) != text(adds(2))
    assert text(lambda: 1) != text(lambda: 2)


# Code

HELPER = """
LIMIT = 3
def helped(x):
    return min(x, LIMIT)
class Kind:
    size = 1
    def grow(self):
        return 2
"""
USER = """
from sample_code.helper import helped
SKIPPED = {'one'}
TABLE = {'one': len, 'more': {'two': [1]}}
def used(x):
    return helped(x) + 1
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """`package(helper=..., user=...)` is the module `sample_code.user`, freshly imported."""

    def load(helper: str = HELPER, user: str = USER) -> ModuleType:
        folder = tmp_path / "sample_code"
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").write_text("")
        (folder / "helper.py").write_text(helper)
        (folder / "user.py").write_text(user)
        for name in [name for name in sys.modules if name.startswith("sample_code")]:
            monkeypatch.delitem(sys.modules, name)
        import sample_code.user

        return sample_code.user

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return load


def digest(module: ModuleType) -> str:
    return digest_of_modules([module.__name__])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("min(x, LIMIT)", "max(x, LIMIT)"),
        ("LIMIT = 3", "LIMIT = 4"),
        ("size = 1", "size = 2"),
        ("return 2", "return 3"),
        ("def helped(x)", "def helped(x, y=1)"),
    ],
)
def test_code_of_another_module_counts(package: Callable[..., ModuleType], before: str, after: str) -> None:
    assert before in HELPER
    assert digest(package()) != digest(package(helper=HELPER.replace(before, after)))


@pytest.mark.parametrize(
    "line",
    ["from sample_code import helper", "from sample_code.helper import helped", "import sample_code.helper"],
)
def test_code_that_is_imported_in_a_function_counts(package: Callable[..., ModuleType], line: str) -> None:
    late = f"def used(x):\n    {line}\n    return x\n"
    changed = HELPER.replace("min", "max")
    assert digest(package(user=late)) == digest(package(user=late))
    assert digest(package(user=late)) != digest(package(helper=changed, user=late))
    without = "def used(x):\n    return x\n"
    assert digest(package(user=without)) == digest(package(helper=changed, user=without))


def test_code_of_another_package_counts_unless_it_is_a_library(package: Callable[..., ModuleType]) -> None:
    from analysis.audit import CHECKS

    module = package()
    before = digest_of_modules(["analysis.audit.verdicts"])
    CHECKS["of a test"] = module.used
    try:
        with_it = digest_of_modules(["analysis.audit.verdicts"])
        changed = package(helper=HELPER.replace("min", "max"))
        CHECKS["of a test"] = changed.used
        assert len({before, with_it, digest_of_modules(["analysis.audit.verdicts"])}) == 3
        CHECKS["of a test"] = np.polyfit
        digest_of_modules(["analysis.audit.verdicts"])
        assert not {name for name in fingerprints._examined_before if name.startswith("numpy")}
    finally:
        del CHECKS["of a test"]


SCALED = """
import functools
def scaled(number):
    def decorate(function):
        @functools.wraps(function)
        def run(x):
            return number * function(x)
        return run
    return decorate
@scaled(2)
def helped(x):
    return x
"""
CHOSEN = "def a():\n    return 1\ndef b():\n    return 2\nchosen = a\ndef helped(x):\n    return chosen()\n"
HOLDING = """
class Holder:
    def __init__(self, function):
        self.function = function
HOLDER = Holder(lambda: 1)
def helped(x):
    return HOLDER.function()
"""
DISPATCHED = """
import functools
@functools.singledispatch
def helped(x):
    return 0
@helped.register
def _(x: int):
    return 1
@helped.register
def _(x: str):
    return 2
"""
HIDDEN = "def __getattr__(name):\n    return 1\ndef helped(x):\n    return x\n"


@pytest.mark.parametrize(
    ("helper", "before", "after"),
    [
        (SCALED, "@scaled(2)", "@scaled(3)"),
        (CHOSEN, "chosen = a", "chosen = b"),
        (HOLDING, "lambda: 1", "lambda: 2"),
        (DISPATCHED, "return 1", "return 3"),
        (HIDDEN, "return 1", "return 2"),
    ],
)
def test_code_counts_that_no_name_of_a_module_leads_to_directly(
    package: Callable[..., ModuleType], helper: str, before: str, after: str
) -> None:
    assert digest(package(helper)) == digest(package(helper))
    assert digest(package(helper)) != digest(package(helper.replace(before, after)))


def test_comments_and_lines_mean_nothing(package: Callable[..., ModuleType]) -> None:
    assert digest(package()) == digest(package(helper="# a comment\n\n" + HELPER, user="\n" + USER))


def test_code_counts_as_it_is_loaded(package: Callable[..., ModuleType], tmp_path: Path) -> None:
    module = package()
    before = digest(module)
    (tmp_path / "sample_code" / "helper.py").write_text(HELPER.replace("min", "max"))  # not loaded again
    assert digest(module) == before


def test_what_somebody_replaced_counts(
    package: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = package()
    before, helper = digest(module), sys.modules["sample_code.helper"]
    with monkeypatch.context() as patch:
        patch.setattr(helper, "LIMIT", 5)
        assert digest(module) != before
    with monkeypatch.context() as patch:
        patch.setattr(helper, "helped", lambda x: x)
        assert digest(module) != before
    with monkeypatch.context() as patch:
        patch.setattr(helper.Kind, "grow", lambda self: 3)
        assert digest(module) != before
    with monkeypatch.context() as patch:
        patch.setitem(module.TABLE["more"], "two", [2])
        assert digest(module) != before
    with monkeypatch.context() as patch:
        patch.setitem(module.TABLE, "one", max)
        assert digest(module) != before
    with monkeypatch.context() as patch:
        patch.setattr(module.used, "__defaults__", (1,))
        assert digest(module) != before
    module.SKIPPED.add("one more")
    assert digest(module) != before


def test_using_code_changes_nothing(package: Callable[..., ModuleType]) -> None:
    import pickle

    module = package()
    before, kind = digest(module), sys.modules["sample_code.helper"].Kind
    module.used(1)
    pickle.dumps(kind())  # which leaves a list of names in the class
    assert digest(module) == before


def test_code_of_a_notebook_is_refused() -> None:
    with pytest.raises(NotComparable, match="notebook"):
        digest_of_modules(["analysis.fingerprints", "__main__"])
