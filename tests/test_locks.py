"""The lock files: complete, hashed, without an index address, and of one mind."""

import json
import re
import subprocess

import pytest

from analysis.project import Project

ROOT = Project.default().root

LOCKS = ("requirements.lock", "requirements-dev.lock")


def pins(name):
    """Every locked requirement with its marker, and its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
    hashes_by_pin = {}
    for line in text.splitlines():
        pin, *hashes = re.split(r"\s+--hash=", line.strip())
        hashes_by_pin[pin] = frozenset(hashes)
    return hashes_by_pin


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed_and_no_index_is_named(name):
    for pin, hashes in pins(name).items():
        assert re.fullmatch(r"[\w.-]+==[\w.!+-]+( ; .+)?", pin), pin
        assert hashes, pin
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_the_checkers_are_pinned_and_hashed_and_no_index_is_named():
    text = (ROOT / "tests" / "browser" / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert len(packages) > 100
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-") and package["version"][0].isdigit(), name
        assert "resolved" not in package, name
    assert "://" not in text


def test_the_environment_of_the_report_is_part_of_the_one_of_the_tests():
    run, dev = (pins(name) for name in LOCKS)
    assert {pin.split(" ;")[0] for pin in run} <= {pin.split(" ;")[0] for pin in dev}


def test_what_make_installs_without_compiling_it_compiles_at_once() -> None:
    """Or every process would compile it again where Python writes no bytecode."""
    dry_run = ["make", "--dry-run", "--always-make", "--no-print-directory", "dev"]
    lines = subprocess.run(dry_run, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    installs = [number for number, line in enumerate(lines) if "--no-compile" in line]
    assert len(installs) == 2  # requirements.lock and requirements-dev.lock
    assert all(" -m compileall " in lines[number + 1] for number in installs)
