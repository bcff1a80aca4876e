import math
import pickle
import re
from pathlib import Path

import papermill
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import scenarios
from analysis.errors import ParameterError
from analysis.evidence import evidence_tables
from analysis.project import Project

REGISTER = """
seed: {label: seed, group: run, value: 1, unit: integer, integer: true, range: [0, 10],
       description: a seed for the draws, status: assumption, reference: {title: t}}
as_of: {label: cut-off date, group: run, value: "2026-10-31", unit: date, range: [2024-11-27, 2026-10-31],
        description: The cut-off date., status: assumption, reference: {title: t}}
years: {value: 3.0, unit: years, range: [1, 9], multiple_of: 0.25, description: a period of time,
        label: length of the period, group: growth, status: assumption, reference: {title: t},
        replaces: {months: years are counted now}}
growth_pct: {label: growth, group: growth, dist: split_normal, value: [1.0, 2.0, 5.0], unit: percent,
             range: [-10, 10], description: growth of revenue, status: assumption,
             reference: {title: t, known_on: 2026-06-18}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.params.mkdir()
    project.register.write_text(REGISTER)
    project.scenario(scenarios.BASE).write_text("scenario: base\ndescription: as registered\n")
    return project


def scenario(project: Project, text: str, name: str = "other") -> scenarios.Scenario:
    project.scenario(name).write_text(text)
    return scenarios.load(name, project)


def test_a_scenario_overrides_the_register_and_nothing_else(project):
    scenario(project, "scenario: other\ndescription: d\nseed: 7\nbecause: {seed: why not}\n")
    assert scenarios.resolve("other", project=project) == {
        "scenario": "other",
        "seed": 7,
        "as_of": "2026-10-31",
        "years": 3.0,
        "growth_pct": [1.0, 2.0, 5.0],
    }


def test_a_command_line_value_comes_last_and_a_number_pins_a_distribution(project):
    register = scenarios.load_register(project)
    name, value = scenarios.parse_override("growth_pct=3", register)
    assert scenarios.resolve("base", {name: value}, project)["growth_pct"] == 3.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sed=1", "no such name. The nearest valid name is 'seed'"),
        ("months=3", "-p, key months: months is retired: years are counted now. Write years instead."),
        ("seed=abc", "'abc' is not a number"),
        ("seed=1.5", "1.5 is not a whole number"),
        ("seed=.nan", "nan is not a whole number"),
        ("seed=11", "11 is outside 0 to 10"),
        ("seed=true", "True is not a number"),
        ("years=2.9", "2.9 is not a multiple of 0.25"),
        ("growth_pct=.nan", "nan is outside"),
        ("growth_pct=.inf", "inf is outside"),
        ("growth_pct=[3, 2, 1]", "out of order for split_normal"),
        ("growth_pct=[1, 2]", "is not a list of 3 numbers"),
        ("growth_pct=[1, 2, 99]", "99 is outside -10 to 10"),
        ("growth_pct=[1, .nan, 2]", "nan is outside"),
        ("as_of=2026-13-01", "is not a date"),
        ("as_of=20261031", "is not a date"),
        (
            "as_of=0001-01-01",
            "0001-01-01 is outside 2024-11-27 to 2026-10-31 (the cut-off date). Write a day within",
        ),
        ("as_of=2024-11-26", "2024-11-26 is outside 2024-11-27 to 2026-10-31"),
        ("as_of=2026-11-01", "2026-11-01 is outside 2024-11-27 to 2026-10-31"),
        ("seed", "is not NAME=VALUE"),
        ("seed=[1", "cannot be read"),
        (
            "seed=010",
            "-p seed=010: 010 is 8 in YAML, which reads a leading zero as base 8. Write 10, or 8 if",
        ),
        ("seed=0x7", "0x7 is not written as a decimal number. Write 7, or '0x7' in quotes"),
        ("years=2e-1", "2e-1 is a text to papermill, and a number to other readers. Write 0.2,"),
        ("growth_pct=[1, 2, 1e1]", "Write 10,"),
        ("seed=1e400", "is not a finite number"),
        (f"seed={'1' * 5000}", "a number has 5000 digits"),
        ("as_of=\x1b[31m", "holds U+001B"),
    ],
)
def test_a_bad_value_is_refused_with_place_rule_and_fix(project, text, expected):
    with pytest.raises(ParameterError) as caught:
        scenarios.parse_override(text, scenarios.load_register(project))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("- a\n- b\n", "holds a list, not a mapping"),
        ("just words\n", "holds a str, not a mapping"),
        ("scenario: other\nscenario: other\n", "key 'scenario' appears twice"),
        ("scenario: other\ndescription: d\nseed: 1\nseed: 2\n", "line 4"),
        ("a: !!python/object/apply:os.system ['true']\n", "is not plain YAML"),
        ("a: [1, 2\n", "is not plain YAML"),
        ("a: b: c\n", "is not plain YAML"),
        ("? [a, b]\n: c\n", "is not plain YAML"),
        ("scenario: wrong\ndescription: d\n", "says scenario: 'wrong' but the file is named other.yml"),
        ("scenario: other\n", "key description: is missing or empty"),
        (
            "scenario: other\ndescription: d\nsede: 1\nbecause: {sede: x}\n",
            "The nearest valid name is 'seed'",
        ),
        ("scenario: other\ndescription: d\nmonths: 1\nbecause: {months: x}\n", "Write years instead"),
        ("scenario: other\ndescription: d\nseed: 1\n", "has no reason for seed"),
        ("scenario: other\ndescription: d\nbecause: {seed: x}\n", "explains seed, which is not overridden"),
        ("scenario: other\ndescription: d\nbecause: [x]\n", "is not a mapping"),
        ("scenario: other\ndescription: d\nseed: 99\nbecause: {seed: x}\n", "99 is outside 0 to 10"),
        (
            "scenario: yes\ndescription: d\n",
            "line 1, key scenario: yes is read as true. Write true, or 'yes' in",
        ),
        ("description: d\nbecause: {seed: off}\n", "line 2, key because.seed: off is read as false"),
        ("a: 1\non: 2\n", "line 2: the key on is not read as a text. Write 'on' in quotes, or another name"),
        ("2027: 1\n", "the key 2027 is not read as a text"),
        ("because: &b {seed: x}\n<<: *b\n", "line 2: the key << takes values from another place"),
        ("a: &a [[1]]\nb: *a\n", "lists or mappings within others are used again by an alias"),
        ("a: &a [*a]\n", "are used again by an alias"),
        ("a: !!str 3\n", "is not plain YAML: 3 has the tag"),
        ("a: !!set {b}\n", "is not plain YAML: it has the tag"),
        ("a: =\n", "= means something of its own in YAML"),
        (f"a: {'[' * 5000}{']' * 5000}\n", "nested too deeply"),
        (
            'description: "red\\e[31m"\n',
            "line 1, key description: holds U+001B (a control character), which no",
        ),
        ('description: "\\0"\n', "holds U+0000"),
        ("description: d\nseed: 1 # \u202e2\n", "line 2: holds U+202E (right-to-left override)"),
        ("description: d\u2028seed: 2\n", "holds U+2028 (line separator)"),
    ],
)
def test_a_bad_scenario_file_is_refused_and_names_the_file(project, text, expected):
    with pytest.raises(ParameterError) as caught:
        scenario(project, text)
    assert expected in str(caught.value)
    assert "other.yml" in str(caught.value)


def test_all_problems_of_a_scenario_come_at_once(project):
    with pytest.raises(ParameterError) as caught:
        scenario(project, "scenario: other\ndescription: d\nseed: 99\nnope: 1\nbecause: {seed: x, nope: y}\n")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "/etc/passwd", "Base", "", "register.yml"])
def test_a_scenario_name_cannot_leave_the_folder(project, name):
    with pytest.raises(ParameterError, match="is no scenario name"):
        scenarios.load(name, project)


def test_an_unknown_scenario_names_the_nearest(project):
    with pytest.raises(ParameterError, match="The nearest valid name is 'base'"):
        scenarios.load("bse", project)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("020000", 20000),
        ("0x10", 16),
        ("0b11", 3),
        ("1:30", 90),
        ("1_000", 1000),
        ("1_0.5", 10.5),
        ("190:20:30.15", 685230.15),
        ("2e-1", 0.2),
        ("-1E3", -1000),
        ("1.5e3", 1500),
        ("1e20", 1e20),
        ("08", 8),
        ("-.5", -0.5),
        ("0o17", 15),
        ("00", 0),
    ],
)
def test_a_number_with_two_readings_is_refused_and_the_fix_has_one(tmp_path, text, number):
    (tmp_path / "a.yml").write_text(f"scenario: a\nvalue: {text}\n")
    with pytest.raises(ParameterError) as caught:
        scenarios.read_yaml(tmp_path / "a.yml")
    (problem,) = caught.value.problems
    assert problem.place.endswith("a.yml, line 2, key value")
    assert problem.rule.startswith(f"{text} is ")
    fixed = re.search(r"^Write ([^, ]+),", problem.fix)[1]
    (tmp_path / "a.yml").write_text(f"value: {fixed}\nquoted: '{text}'\n")
    assert scenarios.read_yaml(tmp_path / "a.yml") == {"value": number, "quoted": text}
    assert papermill.iorw.read_yaml_file(str(tmp_path / "a.yml")) == {"value": number, "quoted": text}


def test_what_has_one_reading_is_read_as_papermill_reads_it(tmp_path):
    path = tmp_path / "a.yml"
    path.write_text(
        "a: [3, -3, +3, 0, 0.5, .5, 5., 1.5e+3, 1.0e-05, 012.5]\nb: true\nc: 2026-10-31\nd: null\ne: y\nf:"
        " 1,000\ng: &g {title: t}\nh: *g\ni: *g\nj: |\n  two\n  lines\nk: 10:75\nl: yes and no\nm: 1e\n'n':"
        " 'off'\n"
    )
    assert scenarios.read_yaml(path) == papermill.iorw.read_yaml_file(str(path))


@settings(max_examples=200)
@given(st.text("0123456789_.+-eExXob:,infyesrl<=&*!~'\"#|> \n", min_size=1, max_size=9))
@example("0x_")
@example("1_e3")
@example("0b_")
def test_whatever_is_written_is_read_as_papermill_reads_it_or_refused(text):
    # Two readers, one file: what passes here means the same there, or is refused there (`|#`, by PyYAML's
    # reader in Python).
    try:
        read = scenarios._parse_yaml(f"a: {text}")
        there = yaml.load(f"a: {text}", Loader=papermill.iorw.NoDatesSafeLoader)
    except yaml.YAMLError:
        return
    assert repr(read) == repr(there)


def test_everything_with_two_readings_is_reported_at_once_with_its_line(project):
    with pytest.raises(ParameterError) as caught:
        scenario(project, "scenario: other\ndescription: on\nseed: 010\nbecause: {seed: yes, seed: x}\n")
    assert [problem.place.partition("other.yml, ")[2] for problem in caught.value.problems] == [
        "line 2, key description",
        "line 3, key seed",
        "line 4, key because.seed",
        "line 4, key because",
    ]


@pytest.mark.parametrize(
    ("name", "fixed"),
    [
        ("Slow-Money", "slow_money"),
        ("slow.money", "slow_money"),
        (" slow  money ", "slow_money"),
        ("slöw", "slow"),
        ("2027", "scenario_2027"),
        ("yes", "scenario_yes"),
        ("null", "scenario_null"),
        ("all", "scenario_all"),
        ("Variants", "scenario_variants"),
        ("日本", "slow_money"),
    ],
)
def test_a_file_whose_name_is_no_scenario_name_gets_a_suggestion_that_works(project, name, fixed):
    project.scenario(name).write_text("scenario: other\ndescription: d\n")
    (problem,) = scenarios.file_name_problems(project)
    assert problem.place.endswith(f"{name}.yml")
    assert problem.rule.startswith(f"{name!r} is no scenario name: ")
    assert problem.fix == f"Rename it to {fixed}.yml and write scenario: {fixed} in it"
    assert scenarios.names(project) == ["base"]
    with pytest.raises(ParameterError, match=f"Rename it to {fixed}"):
        scenarios.load(name, project)
    project.scenario(name).unlink()
    assert scenario(project, f"scenario: {fixed}\ndescription: d\n", fixed).name == fixed


@pytest.mark.parametrize("suffix", [".yaml", ".YML", ".Yaml"])
def test_a_scenario_with_another_suffix_gets_the_one_that_is_read(project, suffix):
    (project.params / f"slow{suffix}").write_text("scenario: slow\ndescription: d\n")
    with pytest.raises(
        ParameterError, match=rf"slow\{suffix}: has the suffix \{suffix}.* Rename it to slow\.yml\."
    ):
        scenarios.load("slow", project)
    (project.params / "slow.yml").write_text("scenario: slow\ndescription: d\n")
    (problem,) = scenarios.file_name_problems(project)
    assert problem.fix == "Remove it, or rename it; slow.yml is taken"
    assert scenarios.load("slow", project).name == "slow"


def test_what_an_editor_leaves_next_to_a_scenario_is_no_scenario(project):
    for name in (".#slow.yml", ".slow.yml.swp", "slow.yml~", "#slow.yml#", ".yml", "notes.txt"):
        (project.params / name).write_text("")
    assert scenarios.names(project) == ["base"]
    assert scenarios.file_name_problems(project) == []


def test_a_file_that_cannot_be_read_says_why(project):
    with pytest.raises(ParameterError, match=r"cannot be read \(Is a directory\)"):
        scenarios.read_yaml(project.params)


def test_a_file_that_is_not_utf8_is_refused(project):
    (project.params / "other.yml").write_bytes(b"scenario: \xff\xfe\n")
    with pytest.raises(ParameterError, match="is not UTF-8"):
        scenarios.load("other", project)


def test_the_register_refuses_a_value_outside_its_own_range_and_an_unsourced_source(project):
    bad = REGISTER.replace("value: 1,", "value: 99,").replace(
        "growth of revenue, status: assumption", "growth of revenue, status: sourced"
    )
    assert bad.count("sourced") == 1
    project.register.write_text(bad)
    with pytest.raises(ParameterError) as caught:
        scenarios.load_register(project)
    assert "99 is outside 0 to 10" in str(caught.value)
    assert "marked sourced but its reference has no url" in str(caught.value)


ENTRY = """
{name}:
  value: 3.0
  unit: {unit}
  range: [0, 10]
  status: assumption
  label: a rate
  group: growth
  reference: {{title: t}}
  description: {description}
"""
PLAIN = {"name": "rate", "unit": "percent", "description": "A rate of growth."}


@pytest.mark.parametrize(
    ("changed", "key", "expected"),
    [
        ({"description": "|\n    A rate of growth\n    of revenue."}, "rate.description", r"'\n'"),
        ({"description": ">\n    A rate of growth\n\n    of revenue."}, "rate.description", r"'\n'"),
        ({"description": "A rate, 2020 = 100."}, "rate.description", "'='"),
        ({"unit": '"percent\\nper year"'}, "rate.unit", r"'\n'"),
        ({"unit": '"type: percent"'}, "rate.unit", "'type:'"),
        ({"name": "growth-rate"}, "growth-rate", "cannot be the name of a value"),
        ({"name": "lambda"}, "lambda", "cannot be the name of a value"),
        ({"name": "description"}, "description", "cannot be the name of a value"),
    ],
)
def test_what_would_not_stand_on_one_line_of_a_notebook_is_refused_at_its_key(
    project, changed, key, expected
):
    project.register.write_text(ENTRY.format(**PLAIN | changed))
    with pytest.raises(ParameterError) as refusal:
        scenarios.load_register(project)
    (problem,) = refusal.value.problems
    assert problem.place.endswith(f"register.yml, key {key}")
    assert expected in problem.rule
    assert "\n" not in str(problem)


@pytest.mark.parametrize(
    "description",
    [
        "A rate of growth\n    of revenue.",
        ">\n    A rate of growth\n    of revenue.",
        "|\n    A rate of growth of revenue.",
    ],
)
def test_a_text_that_only_the_editor_wrapped_is_one_line(project, description):
    project.register.write_text(ENTRY.format(**PLAIN | {"description": description}))
    entry = scenarios.load_register(project)["rate"]
    declared = scenarios.parameter_line("rate", entry)
    assert declared == "rate: float = 3.0  # percent; A rate of growth of revenue."


def test_a_notebook_is_held_to_the_same_check_as_the_batch(project):
    assumptions = scenarios.check({"scenario": "other", "seed": 3, "unrelated": object()}, project)
    assert (assumptions.seed, assumptions.scenario) == (3, "other")
    assert "unrelated" not in assumptions
    with pytest.raises(ParameterError, match="parameters, key seed: 99 is outside"):
        scenarios.check({"seed": 99}, project)


def test_what_could_not_be_known_on_a_day_is_hindsight(project):
    register = scenarios.load_register(project)
    late = scenarios.known_after(register, "2026-05-21")
    assert (list(late), scenarios.labels_of(late)) == (["growth_pct"], ["growth"])
    assert scenarios.known_after(register, "2026-10-31") == {}


@pytest.mark.parametrize(
    ("old", "new", "place", "rule"),
    [
        ("label: seed, ", "", "key seed, key label", "Field required"),
        ("group: run, value: 1", "value: 1", "key seed, key group", "Field required"),
        ("label: growth,", "label: seed,", "key growth_pct.label", "'seed' is the label of seed, too"),
        (
            "label: growth, group: growth",
            "label: growth, group: run",
            "key growth_pct.group",
            "'run' begins above and is interrupted by 'growth'",
        ),
        (
            "label: growth,",
            'label: "growth\\nof it",',
            "key growth_pct, key label",
            "holds a line break or a control character; write it on one line (got 'growth\\nof it')",
        ),
    ],
)
def test_a_label_and_a_group_that_a_reader_could_not_tell_apart_are_refused_by_name(
    project, old, new, place, rule
):
    text = project.register.read_text()
    assert old in text
    project.register.write_text(text.replace(old, new))
    with pytest.raises(ParameterError) as refusal:
        scenarios.load_register(project)
    (problem,) = refusal.value.problems
    assert problem.place.endswith(place)
    assert problem.rule == rule


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        ("{seed: it was a seed once}", "seed is a name of the register"),
        ("{days: days are too short}", "seed replaces days, too"),
    ],
)
def test_a_retired_name_is_used_no_more_and_has_one_successor(project, names, rule):
    text = project.register.read_text().replace("{months: years are counted now}", names)
    project.register.write_text(
        text.replace("status: assumption", "replaces: {days: days are too short}, status: assumption", 1)
    )
    with pytest.raises(ParameterError, match=rule):
        scenarios.load_register(project)


def test_papermill_alone_is_refused_a_retired_name_too(project):
    with pytest.raises(ParameterError, match="parameters, key months: months is retired"):
        scenarios.check({"seed": 1, "months": 3}, project)
    with pytest.raises(AttributeError, match="Write years instead"):
        _ = values(project).months


def test_the_changelog_names_what_stands_in_the_place_of_each_retired_assumption():
    changelog = Project.default().changelog.read_text(encoding="utf-8")
    retired = scenarios.retired_names(scenarios.load_register())
    assert retired  # else nothing is compared
    for old, new in retired.items():
        assert f"| `{old}` | `{new}` |" in changelog


def test_the_middle_of_a_distribution():
    register = scenarios.load_register()
    erosion = register["erosion_pct_per_year"]
    assert erosion.central() == erosion.value[1]
    multiple = register[
        "multiple_long_run"
    ]  # lognormal: the geometric midpoint of its 5th and 95th percentile
    assert multiple.central() == pytest.approx(math.sqrt(multiple.value[0] * multiple.value[1]))


def test_every_scenario_of_the_project_resolves_to_the_same_names():
    names = {name: set(scenarios.resolve(name)) for name in scenarios.names()}
    assert list(names) == ["base", "article", "commoditised", "compute_trap", "regulation", "son"]
    assert len({frozenset(keys) for keys in names.values()}) == 1


def values(project: Project, **changes: object) -> scenarios.Assumptions:
    return scenarios.check(scenarios.resolve("base", project=project) | changes, project)


def test_values_can_be_changed_and_are_checked_again(project):
    assumptions = values(project)
    changed = assumptions.with_changes(years=4, growth_pct=3)
    assert (changed.years, changed.growth_pct, assumptions.years) == (4.0, 3.0, 3.0)
    assert changed.dist("growth_pct") == "split_normal" and changed.scenario == "base"
    with pytest.raises(ParameterError, match="what if, key years: 99 is outside 1 to 9"):
        assumptions.with_changes(years=99)


def test_there_is_no_way_past_the_check(project):
    assumptions = values(project)
    with pytest.raises(ParameterError, match="parameters, key years: 99 is outside 1 to 9"):
        scenarios.Assumptions(dict(assumptions) | {"years": 99}, assumptions.register)
    with pytest.raises(ParameterError, match="parameters, key yeers: the register has no such name"):
        scenarios.Assumptions(dict(assumptions) | {"yeers": 3}, assumptions.register)
    for change in (
        lambda: assumptions.__setitem__("years", 99),
        lambda: assumptions.update(years=99),
        lambda: assumptions.pop("years"),
        lambda: assumptions.__ior__({"years": 99}),
        lambda: assumptions.setdefault("more", 1),
        assumptions.clear,
    ):
        with pytest.raises(TypeError, match=r"assumptions\.with_changes"):
            change()
    assert assumptions == values(project)


def test_assumptions_travel_between_processes(project):
    assumptions = values(project)
    copied = pickle.loads(pickle.dumps(assumptions))
    assert (copied, copied.register, type(copied)) == (
        assumptions,
        assumptions.register,
        scenarios.Assumptions,
    )


def test_an_edited_register_is_read_again_in_the_same_process(project):
    assert scenarios.load_register(project)["years"].value == 3.0
    text = project.register.read_text()
    project.register.write_text(text.replace("years: {value: 3.0", "years: {value: 4.0"))
    assert scenarios.load_register(project)["years"].value == 4.0


def test_an_assumption_may_not_pass_the_one_that_bounds_it(project):
    text = REGISTER.replace("multiple_of: 0.25,", "multiple_of: 0.25, at_most: seed,")
    project.register.write_text(text)
    with pytest.raises(ParameterError, match=r"register\.yml, key years: 3 is past seed, which is 1"):
        scenarios.load_register(project)
    project.register.write_text(text.replace("value: 1, unit: integer", "value: 5, unit: integer"))
    expected = "key years: 6 is past seed, which is 5. Write at most that, or raise seed"
    with pytest.raises(ParameterError, match=expected):
        scenarios.resolve("base", {"years": 6.0}, project)
    with pytest.raises(ParameterError, match=expected):
        values(project, years=6.0)
    with pytest.raises(ParameterError, match="key seed: 11 is outside"):  # a value of its own is wrong first
        scenarios.resolve("base", {"years": 6.0, "seed": 11}, project)
    with pytest.raises(ParameterError, match=expected):
        values(project).with_changes(years=6.0)
    project.register.write_text(text.replace("at_most: seed", "at_most: sead"))
    with pytest.raises(ParameterError, match=r"key years\.at_most: there is no 'sead'"):
        scenarios.load_register(project)


def test_what_differs_from_the_register_becomes_a_scenario(project):
    assumptions = values(project).with_changes(seed=7, growth_pct=[1, 3, 4])
    made = scenarios.write_scenario(
        assumptions, "other", "  Growth is\n faster. ", {"seed": "luck: tried", "years": "unused"}, project
    )
    assert (project.params / "other.yml").read_text().splitlines() == [
        "scenario: other",
        "description: Growth is faster.",
        "seed: 7",
        "growth_pct: [1.0, 3.0, 4.0]",
        "because:",
        "  seed: 'luck: tried'",
        f"  growth_pct: '{scenarios.NO_REASON_YET}'",
    ]
    assert scenarios.load("other", project) == made
    assert scenarios.resolve("other", project=project) == dict(assumptions) | {"scenario": "other"}


@pytest.mark.parametrize("text", ["2e-1", "08", "yes", "12:30", "0x10", "a: b", "# a", "&a", "<<"])
def test_a_description_that_yaml_would_take_for_another_thing_is_written_in_quotes(project, text):
    made = scenarios.write_scenario(
        values(project).with_changes(seed=7), "other", text, {"seed": text}, project
    )
    assert scenarios.load("other", project) == made
    assert (made.description, made.because["seed"]) == (text, text)


def test_a_scenario_from_a_scenario_keeps_what_it_sets_and_why(project):
    # the notebook declares growth_pct and seed alone, and growth_pct was moved; years is kept from the file
    scenario(
        project,
        "scenario: other\ndescription: d\nseed: 7\nyears: 4\ngrowth_pct: 2\nbecause: {seed: s, years: y,"
        " growth_pct: g}\n",
    )
    declared = {
        name: value for name, value in scenarios.resolve("other", project=project).items() if name != "years"
    }
    assumptions = scenarios.check(declared, project).with_changes(growth_pct=5)
    third = scenarios.load(scenarios.write_scenario(assumptions, "third", "d", {}, project).name, project)
    assert third.overrides == {"seed": 7, "years": 4.0, "growth_pct": 5.0}
    assert third.because == {"seed": "s", "years": "y", "growth_pct": scenarios.NO_REASON_YET}


@pytest.mark.parametrize(
    ("name", "description", "expected"),
    [
        ("../x", "d", "'../x' is no scenario name"),
        ("", "d", "'' is no scenario name"),
        ("Son", "d", "'Son' is no scenario name.* Write for example son"),
        ("yes", "d", "'yes' is no scenario name"),
        ("all", "d", "'all' is no scenario name"),
        ("other", "turned \u202e round", r"other\.yml, line 2: holds U\+202E"),
        ("base", "d", "already exists. Choose another name; nothing was overwritten"),
        ("register", "d", "'register' is no scenario name: the file of that name holds the assumptions"),
        ("variants", "d", "'variants' is no scenario name"),
        ("other", " ", "has no description"),
    ],
)
def test_a_scenario_that_cannot_be_written_says_why_and_changes_nothing(project, name, description, expected):
    before = {path.name: path.read_bytes() for path in project.root.rglob("*.yml")}
    with pytest.raises(ParameterError, match=expected):
        scenarios.write_scenario(values(project).with_changes(seed=2), name, description, {}, project)
    assert {path.name: path.read_bytes() for path in project.root.rglob("*.yml")} == before


READS = """
outsized: {label: outsized return, group: reading, value: 3.0, unit: times, range: [1, 20],
           description: from where returns are outsized, status: assumption,
           reading: true, reference: {title: t}}
"""


@pytest.fixture
def reading(project):
    """A register with an entry that says how the article is read."""
    project.register.write_text(REGISTER + READS)
    return project


def test_a_scenario_may_not_change_how_the_article_is_read_and_a_run_may(reading):
    with pytest.raises(ParameterError) as refused:
        scenario(
            reading,
            "scenario: other\ndescription: d\noutsized: 2\nseed: 2\nbecause: {outsized: x, seed: y}\n",
        )
    (problem,) = refused.value.problems
    assert problem.place.endswith("other.yml, key outsized")
    assert "says how the article is read" in problem.rule and "-p outsized=" in problem.fix
    assert scenarios.resolve("base", {"outsized": 2.0}, reading)["outsized"] == 2.0


def test_a_scenario_file_that_papermill_injects_may_not_change_a_reading_either(reading):
    injected = {"scenario": "odd", "outsized": 2.0, "because": {"outsized": "x"}}
    with pytest.raises(ParameterError) as refused:
        scenarios.check(injected, reading)
    assert str(refused.value).startswith("parameters, key outsized: says how the article is read")
    assert (
        scenarios.check(injected | {"because": {"seed": "x"}}, reading).outsized == 2.0
    )  # as of `-p outsized=2`


def test_no_scenario_is_written_with_another_reading(reading):
    before = sorted(path.name for path in reading.params.iterdir())
    with pytest.raises(ParameterError) as refused:
        scenarios.write_scenario(values(reading).with_changes(seed=2, outsized=4), "other", "d", {}, reading)
    (line,) = str(refused.value).splitlines()
    assert "other.yml, key outsized: says how the article is read" in line
    assert sorted(path.name for path in reading.params.iterdir()) == before
    assert scenarios.write_scenario(
        values(reading).with_changes(seed=2), "other", "d", {}, reading
    ).overrides == {"seed": 2}


def test_a_scenario_that_changes_nothing_is_refused(project):
    with pytest.raises(ParameterError, match="would change nothing"):
        scenarios.write_scenario(values(project), "other", "d", {}, project)


@pytest.mark.parametrize("failing", ["open", "write"])
def test_a_scenario_in_a_folder_that_takes_no_file_leaves_nothing_behind(project, monkeypatch, failing):
    open_path = Path.open

    class Full:
        """A new file on a full disk."""

        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, _):
            raise OSError(28, "No space left on device")

    def opened(path, mode="r", **kwargs):
        if mode != "x":
            return open_path(path, mode, **kwargs)
        if failing == "open":
            raise PermissionError(13, "Permission denied")
        return Full(open_path(path, mode, **kwargs))

    assumptions = values(project).with_changes(seed=2)
    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(
        ParameterError, match=r"other\.yml: cannot be written \((Permission denied|No space left on device)\)"
    ):
        scenarios.write_scenario(assumptions, "other", "d", {}, project)
    assert not (project.params / "other.yml").exists()


def test_the_days_of_the_register_begin_with_the_first_report_of_softbanks_money_and_hold_all_evidence():
    first, last = scenarios.load_register()["as_of"].days
    assert first == evidence_tables.load("softbank_openai")["known_on"].min().date()
    assert all(
        evidence_tables.load(name)["known_on"].max().date() <= last for name in evidence_tables.names()
    )
    assert scenarios.load_register()["as_of"].value == last.isoformat()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("value: 2026-10-31, unit: date", "has a date but no range of dates"),
        ("value: 2026-10-31, unit: date, range: [1, 2]", "has a date but no range of dates"),
        (
            "value: 2026-10-31, unit: date, range: [2026-01-01, 2026-05-21]",
            "2026-10-31 is outside 2026-01-01 to",
        ),
        ("value: 3, unit: years, range: [2026-01-01, 2026-05-21]", "has a number but no range of numbers"),
    ],
)
def test_the_register_refuses_a_date_without_days_and_a_number_without_limits(project, entry, expected):
    rest = "description: one of the two, status: assumption, reference: {title: t}, label: l1, group: g1"
    project.register.write_text(f"{REGISTER}more: {{{entry}, {rest}}}\n")
    with pytest.raises(ParameterError, match=expected):
        scenarios.load_register(project)


def test_a_day_outside_the_range_is_refused_whichever_way_it_comes(project):
    expected = "key as_of: 2026-11-01 is outside 2024-11-27 to 2026-10-31"
    for way in (
        lambda: scenario(
            project, "scenario: other\ndescription: d\nas_of: 2026-11-01\nbecause: {as_of: x}\n"
        ),
        lambda: scenarios.resolve("base", {"as_of": "2026-11-01"}, project),
        lambda: scenarios.check({"as_of": "2026-11-01"}, project),
        lambda: scenarios.check({}, project).with_changes(as_of="2026-11-01"),
    ):
        with pytest.raises(ParameterError, match=expected):
            way()


def test_an_assumption_that_a_notebook_does_not_declare_is_named_with_what_to_write(project):
    assumptions = scenarios.check({"seed": 3}, project)
    for error, read in (
        (AttributeError, lambda: assumptions.years),
        (KeyError, lambda: assumptions["years"]),
    ):
        with pytest.raises(error, match="declares no years; `years: float"):
            read()
    assert not hasattr(assumptions, "years") and assumptions.get("years") is None


def test_an_assumption_that_is_misspelt_is_not_to_be_declared_and_the_nearest_is_named(project):
    assumptions = scenarios.check({"seed": 3}, project)
    for error, read in (
        (AttributeError, lambda: assumptions.yeers),
        (KeyError, lambda: assumptions["yeers"]),
    ):
        with pytest.raises(error, match=r"yeers: the register has no such name\. The nearest .* 'years'"):
            read()
