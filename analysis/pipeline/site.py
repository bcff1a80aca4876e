"""How do executed notebooks become a site that can be put anywhere? Read, check, draw, then swap in whole.

Decisions
- Words are in the templates and the notebooks, none here: each `NAME.html.j2` is a page of the site, and
  `section.html.j2` is drawn once for each notebook and scenario. A template that draws nothing makes no page, so a page
  about something that was not run does not exist.
- The site is built beside its place and swapped in by renaming; whatever fails before leaves the old one standing.
- A folder that holds something else is never replaced: `catalogue.json`, which every site has, is the sign.
- Equal runs give equal bytes: no clock, no duration, no absolute path, everything in a stated order.
"""

from __future__ import annotations

import json
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analysis import ROOT
from analysis.errors import Problem, PublishError
from analysis.pipeline import downloads, exhibits, markup, views
from analysis.pipeline.exhibits import Metric, Shown, Tabular
from analysis.pipeline.runs import load
from analysis.pipeline.views import Site
from analysis.scenarios import PARAMS, place

if TYPE_CHECKING:
    from jinja2 import Environment

RUNS = ROOT / "reports" / "runs"
SITE = ROOT / "reports" / "site"
TEMPLATES = ROOT / "reports" / "templates"
STATIC = ROOT / "reports" / "static"
ENDING = ".html.j2"
SECTION = "section"
CATALOGUE = "catalogue.json"
FORMAT = "thesis-site/1"


def publish(
    runs: Path = RUNS,
    out: Path = SITE,
    *,
    params: Path = PARAMS,
    templates: Path = TEMPLATES,
    static: Path = STATIC,
    partial: bool = False,
) -> Path:
    """Build the site of everything that was run, and put it in place whole.

    Parameters
    ----------
    runs : Path
        Executed notebooks and their manifest.
    out : Path
        Where the site goes; an earlier site there is replaced, anything else is refused.
    params : Path
        The register and the scenarios.
    templates, static : Path
        Templates of the pages; `site.css` and `site.js`.
    partial : bool
        Publish although runs are missing: their pages say so, and so does the index.

    Returns
    -------
    Path
        The index page.

    Raises
    ------
    PublishError
        The runs are missing, failed or incomplete, a template cannot be drawn, or `out` is not ours to replace. The
        site that was there still is.
    """
    out = out.resolve()
    _refuse_foreign(out)
    environment = _environment(templates, static)
    site = views.gather(load(runs, partial=partial), params, _sheets(environment))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as workshop:
        fresh = Path(workshop) / "fresh"
        for name, text in files(site, environment):
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        swap(fresh, out, Path(workshop) / "previous")
    return out / "index.html"


def alone(template: str, /, *, templates: Path = TEMPLATES, static: Path = STATIC, **context: Any) -> str:
    """One page that is no part of a site, in its dress: `template` is the name of the file without its ending ``.j2``.

    Raises
    ------
    PublishError
        A template cannot be drawn.
    """
    return _render(_environment(templates, static), f"{template}.j2", **context)


def swap(fresh: Path, out: Path, previous: Path) -> None:
    """Put a folder in the place of another, which moves to `previous`; if that fails, everything is as before."""
    if not out.exists():
        fresh.rename(out)
        return
    out.rename(previous)
    try:
        fresh.rename(out)
    except BaseException:
        previous.rename(out)
        raise


def files(site: Site, environment: Environment) -> Iterator[tuple[str, str]]:
    """Every file of a site: its relative name and its text."""
    yield from _pages(site, environment)
    listed = []
    for scenario in site.scenarios:
        for shown in scenario.exhibits:
            folder = site.folder(shown)
            listed.append(_entry(shown, folder))
            own = shown.scenario == site.main.name or folder != "data"
            if isinstance(shown.exhibit, Tabular) and own:
                digest = site.page(shown.scenario, shown.notebook).digest
                yield f"{folder}/{shown.exhibit.id}.csv", downloads.as_csv(shown.exhibit)
                yield f"{folder}/{shown.exhibit.id}.json", downloads.as_record(shown, digest)
    numbers = [s for scenario in site.scenarios for s in scenario.exhibits if isinstance(s.exhibit, Metric)]
    yield "metrics.csv", downloads.metrics(numbers)
    made = [
        {
            "scenario": page.scenario,
            "notebook": page.slug,
            "page": f"{page.scenario}/{page.slug}.html",
            "digest": page.digest,
        }
        | ({"missing": page.missing} if page.missing else {})
        for scenario in site.scenarios
        for page in scenario.pages
    ]
    yield CATALOGUE, exhibits.as_json({"format": FORMAT, "runs": made, "exhibits": listed})


def _entry(shown: Shown, folder: str) -> dict[str, Any]:
    exhibit = shown.exhibit
    entry = {"id": exhibit.id, "kind": exhibit.kind, "title": exhibit.title, "scenario": shown.scenario}
    entry["page"] = f"{shown.scenario}/{shown.notebook}.html#{exhibit.id}"
    if isinstance(exhibit, Tabular):
        entry |= {"csv": f"{folder}/{exhibit.id}.csv", "json": f"{folder}/{exhibit.id}.json"}
    return entry


def _pages(site: Site, environment: Environment) -> Iterator[tuple[str, str]]:
    for sheet in _sheets(environment):
        text = _draw(environment, sheet, site=site, root="", sheet=sheet)
        if text.strip():
            yield f"{sheet}.html", text
    for scenario in site.scenarios:
        for page in scenario.pages:
            context = {"site": site, "root": "../", "sheet": SECTION, "scenario": scenario, "page": page}
            yield f"{scenario.name}/{page.slug}.html", _draw(environment, SECTION, **context)


def _sheets(environment: Environment) -> list[str]:
    names = environment.list_templates(filter_func=lambda name: name.endswith(ENDING))
    return sorted(name.removesuffix(ENDING) for name in names if name != SECTION + ENDING)


def _draw(environment: Environment, sheet: str, /, **context: Any) -> str:
    return _render(environment, f"{sheet}{ENDING}", **context)


def _render(environment: Environment, name: str, /, **context: Any) -> str:
    from jinja2 import TemplateError

    try:
        return environment.get_template(name).render(**context)
    except (TemplateError, TypeError, AttributeError, ValueError, LookupError) as reason:
        rule = f"cannot be drawn: {type(reason).__name__}: {reason}".rstrip(".")
        raise PublishError(Problem(_culprit(reason, name), rule, "Correct the template")) from reason


def _culprit(reason: Exception, name: str) -> str:
    """The template and line that an error came from: a syntax error knows, any other shows it in its traceback."""
    if line := getattr(reason, "lineno", None):
        return f"{getattr(reason, 'name', None) or name}, line {line}"
    frames = [f for f in traceback.extract_tb(reason.__traceback__) if f.filename.endswith(".j2")]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else name


def _environment(templates: Path, static: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    if not (templates / f"index{ENDING}").is_file():
        raise PublishError(
            Problem(place(templates), f"has no index{ENDING}", "Name the folder of the templates")
        )
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css, js = (_asset(static / name) for name in ("site.css", "site.js"))
    environment.globals |= {
        "css": Markup(css),  # noqa: S704 (our own files)
        "js": Markup(js),  # noqa: S704
        "policy": Markup(markup.policy([css], [js])),  # noqa: S704
        "picture": markup.picture,
        "verdicts": exhibits.VERDICTS,
        "qualities": exhibits.QUALITIES,
    }
    environment.filters |= {
        "number": exhibits.number,
        "plain": markup.plain,
        "cited": exhibits.cited,
        "weakest": exhibits.weakest,
        "on_scale": views.RATIO.at,
    }
    return environment


def _asset(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        raise PublishError(Problem(place(path), "cannot be read", "Restore the file")) from None


def _refuse_foreign(out: Path) -> None:
    """A folder that is not an earlier site is somebody's work."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    with suppress(OSError, ValueError, AttributeError):
        if (
            json.loads((out / CATALOGUE).read_text(encoding="utf-8"))
            .get("format", "")
            .startswith("thesis-site/")
        ):
            return
    raise PublishError(Problem(place(out), "exists and is not a site of ours", "Name a new or empty folder"))
