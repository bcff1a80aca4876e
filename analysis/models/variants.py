"""How far do the headline results reach over what cannot be settled, and how did the model come to them?

Decisions
- What can be built either way (a ceiling or none, a margin in the multiple or none) is a variant: a short
  entry of `params/variants.yml` with its reason, in the terms of the register and checked like a scenario.
- Two ranges, never crossed: every variant under base, and every scenario under the structure of the register.
  A variant doubts how the model is built, a scenario what the world does; crossed, they would show the
  extremes of both at once, which nobody argues for.
- Values of one's own (`-p`) hold in every row: rows differ by their variant or scenario alone.
- The results of a row are stored with all that they follow from, so that notebooks under all scenarios show
  the same table and compute it once.
- How the model changed is computed by its present code: an earlier version's settings first, then one change
  at a time, each kept. What no setting brings back (rules that were written anew) is the step from that
  version's recorded results to its settings in this model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, ValidationError

from analysis import scenarios, thesis
from analysis.errors import DataError, ParameterError, Problem
from analysis.models import drivers, headline, outlook, venture
from analysis.models.start import UPDATED, StartEvidence
from analysis.project import Project
from analysis.scenarios import BASE, Assumptions, Label, Register, Value

MEASURES = (
    "median_moic_x",
    "money_lost_pct",
    "outsized_pct",
    "between_pct",
    "catastrophe_pct",
    "write_down_pct",
    "ltv_above_pct",
)
"""The headline results, columns of `headlines` and `model_changes`."""

RESULTS = (
    "moic_median",
    "loss_probability",
    "outsized_probability",
    "between_probability",
    "catastrophe_probability",
    "write_down_probability",
    "ltv_emergency_probability",
)
"""The same as `headline` names them."""

VARIANT, SCENARIO = "variant", "scenario"
"""What a row of `headlines` varies, its ``kind``."""

VARIANT_DRAWS = 50_000
"""Draws of a variant, at most, and of a step in how the model changed: they show how far a result moves, by
more than their noise of half a percentage point. Scenarios and the reference are counted in all draws, as
their own pages are. All steps have the same draws, the last one too: a change that moves nothing shows zero.
"""

REFERENCE = "Reference structure"
"""What readers call the structure that the register has."""


class Variant(BaseModel):
    """A choice in the structure of the model: what readers call it, why it is defensible, and its values."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: Label
    because: Annotated[str, StringConstraints(min_length=10, strip_whitespace=True)]
    values: dict[str, Value] = Field(min_length=1)


class ModelStep(BaseModel):
    """One change of the model: what readers call it, the fault that it mends, and the values before it.

    What the evidence updates stands in `before` as it was after that; `payments` are SoftBank's, in years
    from the start and billions of dollars, where they were others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: Label
    fault: Annotated[str, StringConstraints(min_length=10, strip_whitespace=True)]
    before: dict[str, Value] = {}
    payments: tuple[tuple[FiniteFloat, Annotated[FiniteFloat, Field(gt=0)]], ...] = ()


class ModelHistory(BaseModel):
    """An earlier version: its results under base as it recorded them, and what has changed since, in order.

    `rules` is the change that no value brings back: from the recorded results to the same settings in the
    present model.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: str
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
    recorded: dict[str, FiniteFloat]
    rules: ModelStep
    steps: tuple[ModelStep, ...] = Field(min_length=1)


def load(project: Project | None = None, register: Register | None = None) -> dict[str, Variant]:
    """The variants of a project by name; none where it has no such file.

    Raises
    ------
    ParameterError
        A variant that a scenario could not be either, or that is what the register has; all problems at once.
    """
    project = project or Project.default()
    path = project.variants
    if not path.is_file():
        return {}
    register = scenarios.load_register(project) if register is None else register
    variants: dict[str, Variant] = {}
    problems: list[Problem] = []
    for name, raw in scenarios.read_yaml(path).items():
        where = f"{scenarios.display_path(path)}, key {name}"
        try:
            variants[name] = variant = Variant.model_validate(raw)
        except ValidationError as reason:
            problems += scenarios.validation_problems(reason, where)
        else:
            problems += _value_problems(variant.values, register, f"{where}.values")
    if problems:
        raise ParameterError(problems)
    return variants


def load_history(project: Project | None = None, register: Register | None = None) -> ModelHistory:
    """The earlier version that `model_changes` starts from.

    Raises
    ------
    DataError
        A file that is not there or cannot be used; all problems at once.
    """
    project = project or Project.default()
    path = project.model_changes
    where = scenarios.display_path(path)
    content = scenarios.read_yaml(path, error=DataError)
    register = scenarios.load_register(project) if register is None else register
    try:
        history = ModelHistory.model_validate(content)
    except ValidationError as reason:
        raise DataError(scenarios.validation_problems(reason, where)) from None
    problems = [
        problem
        for at, step in enumerate(history.steps)
        for problem in _value_problems(step.before, register, f"{where}, key steps.{at}.before")
    ]
    if set(history.recorded) != set(MEASURES):
        rule = f"has not just {', '.join(MEASURES)}"
        problems.append(Problem(f"{where}, key recorded", rule, "Give each of them once"))
    if problems:
        raise DataError(problems)
    return history


def _value_problems(values: Mapping[str, Value], register: Register, where: str) -> Iterator[Problem]:
    """What a scenario file would be refused for, and values that are the register's own."""
    problems = [
        *scenarios.overrides_problems(values, register, where),
        *scenarios.reading_problems(values, register, where),
    ]
    if not problems:
        usual = {name: entry.value for name, entry in register.items()}
        problems = scenarios.pair_problems(usual | dict(values), register, where)
    yield from problems
    for name, value in values.items() if not problems else ():
        if scenarios.coerce(value, register[name]) == scenarios.coerce(register[name].value, register[name]):
            yield Problem(f"{where}, key {name}", f"{value} is what the register has", "Remove it")


class _Row(NamedTuple):
    """A row of `headlines` before it is computed."""

    kind: str
    name: str
    label: str
    because: str
    assumptions: Assumptions


def headlines(
    assumptions: Assumptions, evidence: StartEvidence, project: Project | None = None
) -> pd.DataFrame:
    """The headline results of every variant under base, and of every scenario under the reference structure.

    Parameters
    ----------
    assumptions
        Of a notebook, under any scenario: what they differ in from it holds in every row.
    evidence
        As for `outlook.venture_paths`.

    Returns
    -------
    DataFrame
        ``kind`` (`VARIANT` or `SCENARIO`), ``name``, ``label``, ``because`` (of a scenario its description),
        `MEASURES`. The first row of either kind is the reference structure under base, the same results.
        ``median_moic_x`` is a multiple of the money, the others are probabilities in percent: less than the
        money back; outsized returns, a catastrophe, neither; the write-down, and loan-to-value above the
        ceiling of emergencies, by the article's deadline.
    """
    project = project or Project.default()
    rows = list(_rows(assumptions, project))
    results = [measure(row.assumptions, evidence) for row in rows]
    table = pd.DataFrame([row[:4] for row in rows], columns=["kind", "name", "label", "because"])
    return pd.concat([table, pd.DataFrame(results, columns=list(MEASURES))], axis=1)


def turning_points(
    assumptions: Assumptions, evidence: StartEvidence, project: Project | None = None
) -> pd.DataFrame:
    """How many inputs, each alone at an end of its range, turn the article's judgement under each scenario:
    make it less likely than not where it was likelier, or the other way round.

    Parameters
    ----------
    assumptions, evidence
        As for `headlines`.

    Returns
    -------
    DataFrame
        One row a scenario: ``name label``; ``between_pct``, the probability with all inputs simulated;
        ``n_turning`` of ``n_inputs``; the end of an input that moves it farthest towards or across a half:
        ``input value unit`` and the probability there, ``at_end_pct``.
    """
    project = project or Project.default()
    labels = thesis.load(project).scenarios
    rows: list[dict[str, Any]] = []
    for name in scenarios.names(project):
        chosen = under_scenario(assumptions, name, project)
        now = measure(chosen, evidence)["between_pct"]
        ends = drivers.judgement_at_ends(chosen, evidence)
        turned = ends.loc[(ends["between_pct"] < 50) != (now < 50), "name"]
        shares = ends["between_pct"]
        farthest = ends.iloc[int(shares.to_numpy().argmin() if now >= 50 else shares.to_numpy().argmax())]
        row = {"name": name, "label": labels.get(name, name), "between_pct": now}
        row |= {"n_turning": turned.nunique(), "n_inputs": ends["name"].nunique()}
        row |= {key: farthest[key] for key in ("input", "value", "unit")}
        rows.append(row | {"at_end_pct": farthest["between_pct"]})
    return pd.DataFrame(rows)


def _rows(assumptions: Assumptions, project: Project) -> Iterator[_Row]:
    base = under_scenario(assumptions, BASE, project)
    yield _Row(VARIANT, "reference", REFERENCE, "What the register has.", base)
    for name, variant in load(project, base.register).items():
        chosen = _with_at_most(VARIANT_DRAWS, base.with_changes(**variant.values))
        yield _Row(VARIANT, name, variant.label, variant.because, chosen)
    labels = thesis.load(project).scenarios
    for name in scenarios.names(project):
        label = labels.get(name, name)
        chosen = under_scenario(assumptions, name, project)
        yield _Row(SCENARIO, name, label, scenarios.load(name, project, base.register).description, chosen)


def under_scenario(assumptions: Assumptions, scenario: str, project: Project | None = None) -> Assumptions:
    """All assumptions under another scenario, with what these differ in from their own scenario."""
    register = assumptions.register
    usual = scenarios.resolve(assumptions.scenario, None, project, register)
    own = {name: value for name, value in dict(assumptions).items() if value != usual[name]}
    return Assumptions(scenarios.resolve(scenario, own, project, register), register)


def _with_at_most(draws: int, assumptions: Assumptions) -> Assumptions:
    return assumptions.with_changes(draws=min(draws, assumptions.draws))


def measure(assumptions: Assumptions, evidence: StartEvidence) -> dict[str, float]:
    """`MEASURES` under some assumptions, from `draws` draws.

    Parameters
    ----------
    assumptions, evidence
        As for `headline.headline`.
    """
    return _measure(outlook.run_setting(assumptions, evidence), assumptions)


def _measure(setting: outlook.RunSetting, assumptions: Assumptions) -> dict[str, float]:
    results = headline.of_setting(setting, assumptions)
    return {
        measure: results[name].value * (1 if name == "moic_median" else 100)
        for measure, name in zip(MEASURES, RESULTS, strict=True)
    }


def model_changes(
    assumptions: Assumptions, evidence: StartEvidence, project: Project | None = None
) -> pd.DataFrame:
    """From the results of an earlier version to those of this one, one change at a time, each kept.

    Parameters
    ----------
    assumptions, evidence
        As for `headlines`; the changes are made under base.

    Returns
    -------
    DataFrame
        ``label`` of the change, ``fault`` that it mends, `MEASURES` after it, and ``moic_step_x`` against the
        row before. The first row is the earlier version as recorded, the second its settings in this model,
        the last this model under base.
    """
    history = load_history(project, assumptions.register)
    base = under_scenario(assumptions, BASE, project)
    version = f"Version {history.version}"
    rows: list[dict[str, Any]] = [{"label": version, "fault": ""} | history.recorded]
    for done, step in enumerate((history.rules, *history.steps)):
        setting, chosen = _as_before(base, evidence, history.steps[done:])
        results = _measure(setting, _with_at_most(VARIANT_DRAWS, chosen))
        rows.append({"label": step.label, "fault": step.fault} | results)
    table = pd.DataFrame(rows, columns=["label", "fault", *MEASURES])
    return table.assign(moic_step_x=table["median_moic_x"].diff())


def _as_before(
    base: Assumptions, evidence: StartEvidence, undone: Sequence[ModelStep]
) -> tuple[outlook.RunSetting, Assumptions]:
    """The setting without some changes, and the assumptions that go with it."""
    before = {name: value for step in reversed(undone) for name, value in step.before.items()}
    chosen = base.with_changes(**before)
    setting = outlook.run_setting(chosen, evidence)
    values = tuple(
        (name, _hashable(before[name]) if name in UPDATED and name in before else value, dist)
        for name, value, dist in setting.values
    )
    paid = next((step.payments for step in undone if step.payments), None)
    payments = setting.payments if paid is None else tuple(venture.Payment(*payment) for payment in paid)
    return replace(setting, values=values, payments=payments), chosen


def _hashable(value: Value) -> object:
    """A value as a setting holds it."""
    return tuple(value) if isinstance(value, list) else value
