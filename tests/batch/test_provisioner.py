"""Where a forked kernel could differ from a fresh one, or outlive its owner: a test for each pitfall.

What notebooks see of both kinds of kernel is compared in `test_conformance`.
"""

import json
import logging
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, EntryPoints
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

from analysis.batch import forkserver, provisioner
from analysis.batch.provisioner import CannotFork, Fork, Parent
from analysis.project import Project
from tests.processes import PATIENCE_SECONDS, has_ended, wait_for

ROOT = Project.default().root

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
PROGRAM = [sys.executable, "-m", forkserver.LAUNCHER, "-f", "{connection_file}"]


@pytest.mark.parametrize("source", ["a b", "x = '\0'", "x = '\ud83d'"])
def test_a_cell_that_is_no_python_imports_nothing(source: str) -> None:
    assert provisioner._imported(source) == []


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An environment with a folder of modules on its path and nothing preloaded; its parents are ended."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.delenv(provisioner.PRELOAD, raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.setattr(provisioner, "_warned", set())
    (tmp_path / "modules").mkdir()
    (tmp_path / "work").mkdir()
    yield dict(os.environ)
    provisioner.end()


@pytest.fixture
def module(tmp_path: Path, environment: dict[str, str]) -> Callable[[str, str], None]:
    """`module("name", "source")` writes a module that kernels find."""

    def write(name: str, source: str) -> None:
        (tmp_path / "modules" / f"{name}.py").write_text(textwrap.dedent(source))

    return write


class Kernel:
    """A kernel of the provisioner of this project, as anyone would start it, in a folder of its own."""

    def __init__(self, folder: Path, preload: str = "", **variables: str) -> None:
        self.manager = KernelManager()
        spec = self.manager.kernel_spec
        assert spec is not None
        spec.argv = PROGRAM
        spec.metadata = {"kernel_provisioner": {"provisioner_name": provisioner.NAME}}
        self.variables = os.environ | {provisioner.PRELOAD: preload} | variables
        self.folder = folder

    def __enter__(self) -> "Kernel":
        self.manager.start_kernel(cwd=str(self.folder), env=self.variables)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    @property
    def process(self) -> Any:
        return self.manager.provisioner.process  # type: ignore[union-attr]

    @property
    def forked(self) -> bool:
        return isinstance(self.process, Fork)

    def says(self, code: str) -> str:
        """What code prints, displays or raises."""
        parts: list[str] = []

        def take(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                parts.append(content["text"])
            elif message["msg_type"] == "error":
                parts.append(f"{content['ename']}: {content['evalue']}")
            elif "data" in content:
                parts.append(" ".join(sorted(content["data"])))

        self.client.execute_interactive(code, timeout=PATIENCE_SECONDS, output_hook=take, allow_stdin=False)
        return "".join(parts).strip()


def left_out(preload: str) -> dict[str, str]:
    """What a parent does not preload, and why."""
    with Parent([sys.executable], os.environ, preload.split(",")) as parent:
        reasons: dict[str, str] = parent.status()["left_out"]
    return reasons


# What is preloaded, and what must not be


def test_a_kernel_is_forked_from_what_was_preloaded(
    tmp_path: Path, module: Callable[[str, str], None]
) -> None:
    module("counted", "import os\nWHO = os.getpid()\n")
    with Kernel(tmp_path / "work", "counted") as kernel:
        assert kernel.forked
        (parent,) = provisioner.parents()
        assert kernel.says("import counted, os; print(counted.WHO, os.getppid())") == " ".join(
            [str(parent.process.pid)] * 2
        )
        assert parent.status() == {"kernels": [kernel.process.pid], "left_out": {}, "refused": []}


TRICKY = [
    ("raise ImportError('not today')", "ImportError: not today"),
    ("raise SystemExit(3)", "SystemExit: 3"),
    ("print('hello')", "it prints something"),
    ("import os; os.write(2, b'hello')", "it prints something"),
    ("import warnings; warnings.warn('mind this')", "it prints something"),
    (
        "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "it starts a thread",
    ),
    ("file = open(__file__)", "it keeps a file open"),
    ("from IPython import get_ipython; get_ipython()", "tricky_7 asks whether it runs in IPython"),
    ("import matplotlib.pyplot as plt; plt.switch_backend('agg')", "it chooses a backend of pyplot"),
    ("import json", None),
]
IMPORTS_EACH = """
    import importlib, json, os, sys
    from analysis.batch import forkserver
    for name in forkserver.BASE:
        importlib.import_module(name)
    for name in sys.argv[1:]:
        if os.fork() == 0:
            print(json.dumps(forkserver._import(name)), flush=True)
            os._exit(0)
        os.wait()
"""
"""Imports modules as a parent does, each in a fork of what that has imported before."""


def test_a_module_that_does_more_than_define_is_left_to_the_kernels(
    tmp_path: Path, module: Callable[[str, str], None]
) -> None:
    for number, (source, _) in enumerate(TRICKY):
        module(f"tricky_{number}", f"{source}\n")
    names = [f"tricky_{number}" for number in range(len(TRICKY))]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(IMPORTS_EACH), *names],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": f"{tmp_path / 'modules'}{os.pathsep}{ROOT}"},
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == [reason for _, reason in TRICKY]


def test_what_a_module_prints_is_printed_where_it_is_imported(
    tmp_path: Path, module: Callable[[str, str], None]
) -> None:
    module("talks", "print('hello')\n")
    with Kernel(tmp_path / "work", "json,talks") as kernel:
        assert kernel.forked
        assert kernel.says("import talks") == "hello"


def test_where_two_modules_are_tricky_nothing_is_preloaded(module: Callable[[str, str], None]) -> None:
    module("one", "print(1)\n")
    module("two", "print(2)\n")
    module("three", "print(3)\n")
    assert set(left_out("one,two,three")) == {"one", "two"}  # the third was not even tried


def test_no_figure_is_lost_to_a_backend_that_the_parent_had_chosen(
    tmp_path: Path, module: Callable[[str, str], None]
) -> None:
    module("draws", "import matplotlib.pyplot as plt\nplt.figure()\n")
    with Kernel(tmp_path / "work", "matplotlib.pyplot,draws") as kernel:
        assert kernel.forked
        assert kernel.says("import matplotlib.pyplot as plt; plt.plot([1, 2]);").endswith(
            "image/png text/plain"
        )


def test_a_name_is_what_an_import_from_would_take() -> None:
    for name in ("functools.partial", "os.path", "email.message"):
        forkserver._import_name(name)
    with pytest.raises(AttributeError, match="module 'functools' has no attribute 'no_such_name'"):
        forkserver._import_name("functools.no_such_name")


def test_names_come_from_the_notebooks(tmp_path: Path) -> None:
    cells = [
        "import numpy as np, os.path\nfrom a.b import c, d as e\nfrom f import *",
        "%matplotlib inline\nimport never",
        "if True:\n    import inner",
        "import beside, numpy",
    ]
    content = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    (tmp_path / "one.ipynb").write_text(json.dumps(content))
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "beside.py").write_text("")
    names = provisioner.imports(
        [tmp_path / "one.ipynb", tmp_path / "broken.ipynb", tmp_path / "missing.ipynb"]
    )
    assert names == ["numpy", "os.path", "a.b.c", "a.b.d", "f"]


def test_names_that_the_project_imports_later_follow(tmp_path: Path) -> None:
    content = {"cells": [{"cell_type": "code", "source": "from package.one import call\nimport numpy"}]}
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "a.ipynb").write_text(json.dumps(content))
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "one.py").write_text(
        "from package import two\ndef call():\n    from heavy import (\n        a,\n        b as c,\n    )\n "
        "   import os.path\n"
    )
    (tmp_path / "package" / "two.py").write_text(
        "class X:\n    def f(self):\n        from package.three import g  # here\n"
    )
    (tmp_path / "package" / "three.py").write_text("import early\ndef g():\n    import late\n")
    (tmp_path / "package" / "unused.py").write_text("def f():\n    import never\n")
    names = provisioner.imports([tmp_path / "notebooks" / "a.ipynb"], tmp_path)
    assert names[:2] == ["package.one.call", "numpy"]
    assert set(names[2:]) == {"heavy.a", "heavy.b", "os.path", "package.three.g", "late"}


def test_what_is_not_installed_leaves_no_trace_and_costs_no_second_start(
    module: Callable[[str, str], None],
) -> None:
    module("optional", "import no_such_package_at_all\n")
    module("talks", "print(1)\n")
    reasons = left_out("no_such_package_at_all,optional,talks,json")
    assert reasons == {
        "no_such_package_at_all": "it is not installed",
        "optional": "it is not installed",
        "talks": "it prints something",
    }


# What a fresh interpreter has of its own


def test_random_state_is_fresh_in_each_kernel(tmp_path: Path, environment: dict[str, str]) -> None:
    code = (
        "import random, uuid, numpy as np; print(random.random(), np.random.random(), uuid.uuid4(),"
        " np.random.default_rng().random())"
    )
    drawn = []
    for _ in range(2):
        with Kernel(tmp_path / "work", "random,numpy,uuid") as kernel:
            assert kernel.forked
            drawn.append(kernel.says(code).split())
    assert all(first != other for first, other in zip(*drawn, strict=True))


def test_no_library_holds_a_generator_that_forks_would_share(environment: dict[str, str]) -> None:
    """Other than those that are reseeded: of `random`, and numpy's own `RandomState`."""
    names = provisioner.imports(sorted((ROOT / "notebooks").glob("*.ipynb")))
    code = f"""
        import gc, importlib, random, sys
        for name in {names!r}:
            try: importlib.import_module(name)
            except ModuleNotFoundError: pass
        import numpy as np
        kinds = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)
        reseeded = {{id(np.random.mtrand._rand), id(random._inst)}}
        for module in list(sys.modules.values()):
            for name, value in list(vars(module).items()):
                if isinstance(value, kinds) and not isinstance(value, random.SystemRandom):
                    if id(value) not in reseeded:
                        print(f"{{module.__name__}}.{{name}}")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == ""


def test_what_is_read_from_the_environment_on_import_is_that_of_the_kernel(
    tmp_path: Path, module: Callable[[str, str], None]
) -> None:
    module("reads", "import os\nFOUND = os.environ.get('MODE')\nos.environ['LEFT'] = 'by import'\n")
    code = "import os, reads; print(reads.FOUND, os.environ.get('MODE'), os.environ['LEFT'])"
    with (
        Kernel(tmp_path / "work", "reads", MODE="a") as first,
        Kernel(tmp_path / "work", "reads", MODE="b") as second,
    ):
        assert first.forked and second.forked
        assert (first.says(code), second.says(code)) == ("a a by import", "b b by import")
        assert len(provisioner.parents()) == 2


def test_a_variable_of_one_kernel_does_not_reach_the_next(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with Kernel(tmp_path / "work") as kernel:
        kernel.says("import os; os.environ['MINE'] = '1'")
    with Kernel(tmp_path / "work", JPY_SESSION_NAME="second") as kernel:
        assert (
            kernel.says("import os; print(os.environ.get('MINE'), os.environ['JPY_SESSION_NAME'])")
            == "None second"
        )
        assert "JE_ARROW_MALLOC_CONF" not in kernel.says("print(os.environ)")
    assert len(provisioner.parents()) == 1


def test_the_mask_of_new_files_is_that_of_whoever_asks(tmp_path: Path, environment: dict[str, str]) -> None:
    before = os.umask(0o027)
    try:
        kernel = Kernel(tmp_path / "work")
        provisioner._source([sys.executable], kernel.variables)
        os.umask(0o077)
        with kernel:
            assert len(provisioner.parents()) == 1
            assert kernel.says("import os; print(oct(os.umask(0)))") == "0o77"
    finally:
        os.umask(before)


def test_a_module_that_changed_is_never_found_as_it_was(
    tmp_path: Path, module: Callable[[str, str], None]
) -> None:
    module("edited", "WHICH = 'first'\n")
    with Kernel(tmp_path / "work", "edited") as before:
        module("edited", "WHICH = 'second edition'\n")
        with Kernel(tmp_path / "work", "edited") as after:
            assert after.forked
            assert after.says("import edited; print(edited.WHICH)") == "second edition"
        assert (
            before.says("import edited; print(edited.WHICH)") == "first"
        )  # it goes on, as a stock one would


def test_a_module_next_to_the_notebook_comes_before_a_preloaded_one_of_the_library(
    tmp_path: Path, module: Callable[[str, str], None], caplog: pytest.LogCaptureFixture
) -> None:
    module("which", "WHERE = 'on the path'\n")
    for name in ("which", "mistune"):
        (tmp_path / "work" / f"{name}.py").write_text("WHERE = 'beside'\n")
    with Kernel(tmp_path / "work", "mistune") as kernel:
        assert not kernel.forked
        assert kernel.says("import mistune; print(mistune.WHERE)") == "beside"
    assert f"mistune.py in {tmp_path / 'work'} hides the preloaded mistune" in caplog.text
    with Kernel(tmp_path / "work", "which") as kernel:  # PYTHONPATH and the standard library come first
        assert kernel.forked
        assert kernel.says("import which; print(which.WHERE)") == "on the path"


def test_anyone_on_jupyter_gets_them_by_a_variable(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of the reference, with plain papermill."""
    import papermill

    chosen = {"JUPYTER_DEFAULT_PROVISIONER_NAME": provisioner.NAME, provisioner.PRELOAD: "pandas,seaborn"}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    text = (ROOT / "reports" / "reference.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if provisioner.PRELOAD in line)
    assert all(f"{name}={value}" in line for name, value in chosen.items())
    source = Path(__file__).parents[1] / "notebooks" / "conformance" / "differs.ipynb"
    KernelProvisionerFactory.clear_instance()  # it reads the variable once in a process
    try:
        done = papermill.execute_notebook(source, None, kernel_name="python3", progress_bar=False)
    finally:
        KernelProvisionerFactory.clear_instance()
    assert done.cells[0].outputs[0]["text"] == "['numpy', 'pandas', 'matplotlib', 'seaborn']\n"


# Falling back


def test_where_nothing_can_be_forked_the_stock_provisioner_starts_it_and_that_is_said_once(
    tmp_path: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(provisioner.sys, "platform", "darwin")
    for _ in range(2):
        with Kernel(tmp_path / "work") as kernel:
            assert not kernel.forked
            assert kernel.says("print(1)") == "1"
    warnings = [record for record in caplog.records if record.name == provisioner.__name__]
    assert [record.getMessage() for record in warnings] == [
        "note: kernels are started by the stock provisioner, which takes longer: kernels are forked on Linux"
        " only"
    ]
    assert warnings[0].levelno == logging.WARNING


def test_the_provisioner_of_another_version_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after `git pull` without `make venv`: the installed entry point leads to a module that is gone."""
    assert provisioner.why_not() is None
    gone = EntryPoint(provisioner.NAME, "analysis.gone:ForkProvisioner", provisioner.GROUP)
    monkeypatch.setattr(provisioner.metadata, "entry_points", lambda **_: EntryPoints([gone]))
    assert provisioner.why_not() == (
        "the installed kernel provisioner is of another version: analysis.gone:ForkProvisioner (make venv)"
    )


@pytest.mark.parametrize("how", ["hidden", "killed"])
def test_a_batch_says_once_that_its_kernels_were_stock_ones(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    from analysis.batch.execute import Job
    from analysis.batch.pool import Pool

    monkeypatch.setattr(provisioner, "_warned", set())
    content = {
        "cells": [
            {
                "cell_type": "code",
                "id": "a",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": "import mistune",
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.ipynb").write_text(json.dumps(content))
    with Pool(tmp_path, size=1, root=tmp_path) as pool:
        pool._preload(["mistune"])
        (tmp_path / "work" / "mistune.py").write_text("")
        assert pool._parent is not None
        if how == "killed":
            pool._parent.process.kill()
        names = ("one", "two") if how == "hidden" else ("one",)
        jobs = [Job(tmp_path / "work" / "a.ipynb", pool.target(name)) for name in names]
        ends = [ended for _, ended in pool.results(jobs, stop=threading.Event())]
    assert [ended.error for ended in ends] == [None for _ in jobs]
    reason = "mistune.py in .* hides the preloaded mistune" if how == "hidden" else r"has ended \(status -9\)"
    warnings = [record.getMessage() for record in caplog.records if record.name == provisioner.__name__]
    assert len(warnings) == 1 and re.search(reason, warnings[0])


def test_a_kernel_of_another_kind_is_left_alone_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    for command in (
        ["Rscript", "-e", "x"],
        [sys.executable, "-c", "x"],
        [sys.executable, forkserver.LAUNCHER],
    ):
        with pytest.raises(CannotFork, match=r"^$"):
            provisioner._forked(command, {"env": {}})
    with pytest.raises(CannotFork, match=r"^$"):
        provisioner._forked(PROGRAM, {"env": {}, "stdout": 1})
    assert provisioner._split([sys.executable, "-Xutf8", *PROGRAM[1:]])[0] == [sys.executable, "-Xutf8"]
    assert caplog.text == ""


def test_a_parent_with_a_second_thread_forks_nothing() -> None:
    parent = object.__new__(forkserver._ForkServer)
    parent._state = forkserver._State({}, {}, [], {}, {})
    stop = socket.socketpair()
    thread = threading.Thread(target=stop[0].recv, args=(1,))
    thread.start()
    try:
        assert re.fullmatch(
            r"the preloaded parent has \d+ threads", parent._refusal({"fresh": False, "cwd": "/"}) or ""
        )
    finally:
        stop[1].send(b"x")
        thread.join()
        for end in stop:
            end.close()


def test_a_parent_that_is_gone_is_replaced(tmp_path: Path, environment: dict[str, str]) -> None:
    kernel = Kernel(tmp_path / "work")
    provisioner._source([sys.executable], kernel.variables)
    (parent,) = provisioner.parents()
    parent.process.kill()
    parent.process.wait()
    with pytest.raises(CannotFork, match="has ended or does not answer"):
        parent.status()
    with kernel:
        assert kernel.forked
    assert provisioner.parents() != [parent]


def test_a_folder_that_is_not_there_is_refused_as_ever(tmp_path: Path, environment: dict[str, str]) -> None:
    kernel = Kernel(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError), kernel:
        pass
    with Kernel(tmp_path / "work") as next_one:
        assert next_one.forked


# How kernels go on and end


def test_a_kernel_restarts_and_is_interrupted(tmp_path: Path, environment: dict[str, str]) -> None:
    with Kernel(tmp_path / "work") as kernel:
        first = kernel.process.pid
        kernel.says("x = 1")
        kernel.manager.restart_kernel(now=True)
        kernel.client.wait_for_ready(timeout=PATIENCE_SECONDS)
        assert kernel.forked and kernel.process.pid != first and has_ended(first)
        assert kernel.says("x") == "NameError: name 'x' is not defined"
        kernel.manager.restart_kernel()
        kernel.client.wait_for_ready(timeout=PATIENCE_SECONDS)
        sleeps = "import time; open('running', 'w').close(); time.sleep(600)"
        kernel.client.execute(sleeps, stop_on_error=False)  # else what follows an error at once is dropped
        wait_for((tmp_path / "work" / "running").exists)
        kernel.manager.interrupt_kernel()
        reply = kernel.client.get_shell_msg(timeout=PATIENCE_SECONDS)
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert kernel.says("print('goes on')").endswith("goes on")


@pytest.mark.parametrize(
    ("code", "status"), [("import os; os._exit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_a_kernel_that_ends_says_how(
    tmp_path: Path, environment: dict[str, str], code: str, status: int
) -> None:
    with Kernel(tmp_path / "work") as kernel:
        process = kernel.process
        kernel.client.execute(code)
        assert process.wait(PATIENCE_SECONDS) == status
        assert not kernel.manager.is_alive()


def test_a_child_of_a_kernel_ends_with_it_however_it_ends(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    start = "import os, subprocess; child = subprocess.Popen(['sleep', '600']); print(child.pid)"
    with Kernel(tmp_path / "work") as kernel:
        child = int(kernel.says(start))
        kernel.client.execute("os._exit(0)")
        kernel.process.wait(PATIENCE_SECONDS)
        wait_for(lambda: has_ended(child))
    with Kernel(tmp_path / "work") as kernel:
        child = int(kernel.says(start))
    wait_for(lambda: has_ended(child))


OWNER = """
    import subprocess, sys, time
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from test_provisioner import Kernel, provisioner
    kernel = Kernel(Path({work!r})).__enter__()
    start = "subprocess.Popen(['sleep', '600'], start_new_session={apart})"
    child = kernel.says(f"import subprocess; print({{start}}.pid)")
    print(provisioner.parents()[0].process.pid, kernel.process.pid, child, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("apart", [False, True])
def test_nothing_outlives_an_owner_that_is_killed(
    tmp_path: Path, environment: dict[str, str], apart: bool
) -> None:
    """Not the parent, not the kernel, not the kernel's child, be it in a session of its own."""
    code = OWNER.format(tests=str(Path(__file__).parent), work=str(tmp_path / "work"), apart=apart)
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert owner.stdout is not None
        numbers = [int(number) for number in owner.stdout.readline().split()]
        assert len(numbers) == 3 and not any(map(has_ended, numbers))
    finally:
        owner.kill()
        owner.communicate()
    wait_for(lambda: all(map(has_ended, numbers)))


# Processes that fork themselves

forked = multiprocessing.get_context("fork")


def _runs_a_kernel(folder: Path, answer: Connection) -> None:
    """Say which kernel was forked from which parent, then wait."""
    with Kernel(folder) as kernel:
        answer.send(
            (provisioner.parents()[0].process.pid, int(kernel.says("import os; print(os.getppid())")))
        )
    answer.recv()


def test_a_child_made_by_fork_has_a_parent_of_its_own_and_holds_none_of_ours(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with Kernel(tmp_path / "work") as kernel:
        (parent,) = provisioner.parents()
        ours, theirs = forked.Pipe()
        child = forked.Process(target=_runs_a_kernel, args=(tmp_path / "work", theirs), daemon=True)
        child.start()
        try:
            assert ours.poll(PATIENCE_SECONDS), "the child hangs"
            its_own, forked_from = ours.recv()
            assert its_own == forked_from != parent.process.pid
            # With nobody but us at the other ends, these close as we close them, although the child lives.
            kernel.process._connection.close()
            wait_for(lambda: has_ended(kernel.process.pid))
            parent.close()
            assert parent.process.wait(PATIENCE_SECONDS) == 0
        finally:
            child.kill()
            child.join()
        wait_for(lambda: has_ended(its_own))


def _starts_a_parent(answer: Connection) -> None:
    """Say its number, and be killed."""
    parent = Parent([sys.executable], os.environ, ["sleeps"])
    answer.send(parent.process.pid)
    answer.recv()
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("how", ["killed", "through"])
def test_a_parent_that_is_still_importing_ends_with_its_owner(
    tmp_path: Path, module: Callable[[str, str], None], how: str
) -> None:
    module("sleeps", f"import time; open({str(tmp_path / 'importing')!r}, 'w').close(); time.sleep(600)\n")
    ours, theirs = forked.Pipe()
    owner = forked.Process(target=_starts_a_parent, args=(theirs,), daemon=True)
    if how == "killed":
        owner.start()
        pid = ours.recv()
        wait_for((tmp_path / "importing").exists)
        ours.send("now")
        owner.join()
        wait_for(lambda: has_ended(pid))
    else:
        parent = Parent([sys.executable], os.environ, ["sleeps"])
        wait_for((tmp_path / "importing").exists)
        parent.end()
        assert parent.process.returncode == -signal.SIGIO


def test_a_kernel_whose_owner_leaves_as_it_is_forked_ends(tmp_path: Path) -> None:
    """The owner is gone before the fork has a process group; twenty times, as microseconds matter."""
    request = {
        "command": PROGRAM,
        "arguments": [],
        "env": dict(os.environ),
        "cwd": str(tmp_path),
        "umask": 0o022,
        "fresh": False,
    }
    with Parent([sys.executable], os.environ, log=subprocess.DEVNULL) as parent:
        for _ in range(20):
            ours, theirs = socket.socketpair()
            with ours, theirs, Path(os.devnull).open("r+b") as nothing:
                forkserver.send(ours, request)
                socket.send_fds(parent.socket, [b"f"], [theirs.fileno(), *[nothing.fileno()] * 3])
        assert parent.status()["kernels"] == []


def test_kernels_that_start_at_the_same_time_share_a_parent(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    sources: list[Any] = []
    threads = [
        threading.Thread(target=lambda: sources.append(provisioner._source([sys.executable], environment)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(source.control) for source in sources}) == len(provisioner.parents()) == 1


def test_a_kernel_ends_with_the_process_that_it_was_forked_from(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with Kernel(tmp_path / "work") as kernel:
        process = kernel.process
        provisioner.parents()[0].process.kill()
        wait_for(lambda: has_ended(process.pid))
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
        assert not kernel.manager.is_alive()


def test_a_parent_that_nobody_can_ask_any_more_waits_for_its_kernels(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with Kernel(tmp_path / "work") as kernel:
        (parent,) = provisioner.parents()
        parent.close()
        assert kernel.says("print('goes on')") == "goes on"
        assert parent.process.poll() is None
    assert parent.process.wait(PATIENCE_SECONDS) == 0


def test_forks_in_a_row_leave_neither_memory_nor_descriptors(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Kernels that print their help and leave; `make bench` does it with 500 whole ones."""
    with Parent([sys.executable], os.environ, log=subprocess.DEVNULL) as parent:
        source = provisioner._Source(parent.socket, parent.environment, fresh=False)
        parent.status()
        used = []
        for number in range(40):
            process = provisioner.fork(source, PROGRAM, ["--version"], os.environ, str(tmp_path))
            assert process.wait(PATIENCE_SECONDS) == 0
            if number in (9, 39):
                server = psutil.Process(parent.process.pid)
                used.append((server.num_fds(), psutil.Process().num_fds(), server.memory_info().rss))
        assert used[1][:2] == used[0][:2]
        assert used[1][2] - used[0][2] < 300_000  # 10 kB a fork would be a leak
        assert psutil.Process(parent.process.pid).children() == []
