"""How do executed notebooks become a site that can be put anywhere? Read, check, draw, then swap in whole.

Decisions
- Words are in the templates and the notebooks, none here: each `NAME.html.j2` is a page of the site, and
  `section.html.j2` is drawn once for each notebook and scenario, `evidence.j2` once for each table.
- A section that is the same under every scenario is drawn once, under the leading one. Its addresses under
  the others stay, and lead on (`moved.j2`); nothing on the site points to them.
  `page_names.j2` says which pages there are, so that a page about something that was not run neither exists
  nor is linked.
- The site is built next to its place and swapped in by renaming; whatever fails before leaves the old one
  standing.
- A folder that holds something else is never replaced: `catalogue.json`, which every site has, is the sign.
  Nor is one that cannot move away (a mount point), or from which the command was started: its shell would
  stand in no folder.
- What has not changed is not drawn again (`incremental`); a site that is still what its runs give stays as
  it is.
- Equal runs give equal bytes: no clock, no duration, no absolute path, everything in a stated order. Whether
  the evidence is old (`age`) is the one thing that depends on the day.
"""

from __future__ import annotations

import datetime as dt
import errno
import functools
import json
import os
import re
import tempfile
import traceback
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analysis import exhibits, fonts, labels, scenarios, thesis
from analysis.batch.execute import FULL
from analysis.characters import legible
from analysis.errors import Problem, PublishError
from analysis.exhibits import Metric, Tabular
from analysis.hashing import sha256
from analysis.project import Project
from analysis.scenarios import display_path
from analysis.site import age, context, exports, front, glossary, incremental, pdf, sanitize
from analysis.site.context import Site
from analysis.site.pages import Page
from analysis.site.reader import PlacedExhibit
from analysis.site.results import Runs, load
from analysis.units import odds

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Macro

SUFFIX = ".html.j2"
SECTION = "section"
EVIDENCE = "evidence"
MOVED = "moved"
CATALOGUE = "catalogue.json"
FORMAT = "thesis-site/1"
FONTS = (("Source Sans Pro", 400), ("Source Sans Pro", 600), ("Source Serif Pro", 600))
"""The fonts of the pages: text, bold text, headings."""


def publish(
    project: Project | None = None,
    out: Path | None = None,
    *,
    document: pdf.Write | None = None,
    partial: bool = False,
    awaited: Collection[str] = (),
    today: dt.date | None = None,
) -> Path:
    """Build the site of everything that was run, and put it in place whole.

    Parameters
    ----------
    project : Project, optional
        Whose executed notebooks, register and retired ids; without a changelog or a guide the site has no
        such page.
    out : Path, optional
        Where the site goes, by default `Project.site`; an earlier site there is replaced, anything else is
        refused.
    document : callable, optional
        What makes one document of the finished pages (`pdf.write`).
    partial : bool
        Publish although runs are missing: their pages say so, and so does the index.
    awaited : collection of str
        Scenarios that are still being computed: the site is that of the others, and its index says so.
    today : date, optional
        The day of the build, from which the age of the evidence counts (see `age`); the system may name
        another. Without any the pages say nothing of age.

    Returns
    -------
    Path
        The index page.

    Raises
    ------
    PublishError
        The runs are missing, failed or incomplete, a template cannot be drawn, an id is in use and retired,
        or `out` is not ours to replace. The site that was there still is.
    """
    project = project or Project.default()
    out = (out or project.site).resolve()
    refuse_unfit(out)
    slugs = project.slugs()
    results = load(project.runs, partial=partial, awaited=awaited, notebooks=slugs)
    previous = incremental.PreviousBuild.at(out)
    is_old = age.is_old(_as_of(project), age.build_day(today))
    keys = incremental.keys(results, _sources(project), document=bool(document), is_old=is_old)
    if previous.is_unchanged(keys):
        return out / "index.html"
    environment = _environment(project)
    environment.globals |= {"document": pdf.NAME if document else "", "is_old": is_old}
    site = context.build_context(results, project, _page_names(environment))
    drawn = files(site, environment, lambda name: previous.page(name, keys[name]))
    rendered = _SizedFiles(chain(drawn, _notebooks(results)))
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as workshop:
            fresh = Path(workshop) / "fresh"
            written = {name: _write(fresh / name, content) for name, content in rendered}
            if document:
                draw = functools.partial(
                    _render, environment, site=site, page_names=_pages_to_build(site, environment)
                )
                written[pdf.NAME] = _write(fresh / pdf.NAME, document(fresh, draw))
            _write(fresh / incremental.BUILT, incremental.write_record(keys, written).encode())
            swap(fresh, out, Path(workshop) / "previous")
    except OSError as reason:
        if reason.errno == errno.EBUSY:
            raise PublishError(_mount_point(out)) from None
        if reason.errno in FULL:
            raise PublishError(_no_room(out, rendered.total_size(), reason)) from None
        raise
    return out / "index.html"


def version_in_words(version: str) -> str:
    """A version as a reader sees it: one that is still being made says so."""
    number, _, development = version.partition(".dev")
    return f"{number} (not released yet)" if development else number


def _as_of(project: Project) -> dt.date | None:
    """The cut-off date of the register; None where it has none."""
    entry = scenarios.load_register(project).get("as_of")
    return dt.date.fromisoformat(str(entry.value)) if entry else None


def _sources(project: Project) -> list[Path]:
    """What every page depends on, besides code and runs."""
    return [
        project.templates,
        project.static,
        project.params,
        project.changelog,
        project.guide,
        project.retired_ids,
        project.thesis_file,
        project.glossary,
    ]


@dataclass
class _SizedFiles:
    """The files of a site by name, as they are drawn; how many bytes they have is counted on the way."""

    files: Iterator[tuple[str, str]]
    size: int = 0

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for name, text in self.files:
            content = text.encode()
            self.size += len(content)
            yield name, content

    def total_size(self) -> int:
        """The bytes of all files; those that were not written yet are drawn for it."""
        deque(self, maxlen=0)
        return self.size


def _write(target: Path, content: bytes) -> str:
    """Write a file of the site; its digest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return sha256(content)


def _no_room(out: Path, size: int, reason: OSError) -> Problem:
    rule = (
        f"has no room for the {size / 1e6:.1f} MB that it takes ({reason.strerror}); what was there is"
        " unchanged"
    )
    return Problem(display_path(out), rule, "Free some, or name a folder on another disk with --out")


def _mount_point(out: Path) -> Problem:
    rule = "is a mount point, and a site replaces its folder, which a mount point does not allow"
    return Problem(display_path(out), rule, f"Name a folder inside it: --out {out / 'site'}")


def render_single_page(template: str, project: Project | None = None, /, **context: Any) -> str:
    """One page that is no part of a site, in its style: `template` is its file without ``.j2``.

    Raises
    ------
    PublishError
        A template cannot be drawn.
    """
    return _render(_environment(project or Project.default()), f"{template}.j2", **context)


def swap(fresh: Path, out: Path, previous: Path) -> None:
    """Put a folder in the place of another, which moves to `previous`; a failure leaves all as before."""
    if not out.exists():
        fresh.rename(out)
        return
    out.rename(previous)
    try:
        fresh.rename(out)
    except BaseException:
        previous.rename(out)
        raise


def files(
    site: Site, environment: Environment, reusable: Callable[[str], str | None] = lambda _: None
) -> Iterator[tuple[str, str]]:
    """Every file of a site: its relative name and its text; `reusable` gives pages of notebooks that
    need no drawing.
    """
    yield from _pages(site, environment, reusable)
    displayed = [placed for scenario in site.scenarios for placed in scenario.exhibits]
    for placed in displayed:
        yield from _data_files(site, placed)
    yield (
        "metrics.csv",
        exports.metrics_csv([placed for placed in displayed if isinstance(placed.exhibit, Metric)]),
    )
    yield "columns.csv", exports.columns_csv(displayed)
    catalogue = {
        "format": FORMAT,
        "runs": [_run_entry(page) for scenario in site.scenarios for page in scenario.pages],
        "exhibits": [_catalogue_entry(placed, site) for placed in displayed],
        "retired": [entry.model_dump(mode="json") for entry in site.retired],
    }
    yield CATALOGUE, exports.as_json(catalogue)


def _notebooks(results: Runs) -> Iterator[tuple[str, str]]:
    """The executed notebooks, those of shared sections once."""
    for scenario, slug in product(results.scenarios, results.notebooks):
        is_copy = slug in results.shared and scenario != results.scenarios[0]
        if not is_copy and (scenario, slug) not in results.missing:
            yield f"{scenario}/{slug}.ipynb", exports.notebook(results.path(scenario, slug))


def _data_files(site: Site, placed: PlacedExhibit) -> Iterator[tuple[str, str]]:
    """What is under an exhibit as CSV and JSON; nothing where it is no table, or shares the leading one's."""
    folder = site.data_folder(placed)
    is_shared = folder == "data" and placed.scenario != site.main.name
    if isinstance(placed.exhibit, Tabular) and not is_shared:
        digest = site.page(placed.scenario, placed.notebook).digest
        yield f"{folder}/{placed.exhibit.id}.csv", exports.rows_csv(placed.exhibit)
        yield f"{folder}/{placed.exhibit.id}.json", exports.exhibit_json(placed, digest)


def _run_entry(page: Page) -> dict[str, str]:
    names = {"scenario": page.scenario, "notebook": page.slug, "page": page.address, "digest": page.digest}
    return names | ({"missing": page.missing} if page.missing else {"file": page.download})


def _catalogue_entry(placed: PlacedExhibit, site: Site) -> dict[str, Any]:
    exhibit, folder = placed.exhibit, site.data_folder(placed)
    entry = {"id": exhibit.id, "kind": exhibit.kind, "title": exhibit.title, "scenario": placed.scenario}
    entry["page"] = site.address(placed)
    if isinstance(exhibit, Tabular):
        entry |= {"csv": f"{folder}/{exhibit.id}.csv", "json": f"{folder}/{exhibit.id}.json"}
    return entry


def _pages(
    site: Site, environment: Environment, reusable: Callable[[str], str | None]
) -> Iterator[tuple[str, str]]:
    names = _pages_to_build(site, environment)
    for name in names:
        context = {"site": site, "page_names": names, "page_name": name}
        yield f"{name}.html", _render_page(environment, name, root="", **context)
    for placed in site.evidence:
        context = {"site": site, "page_names": names, "page_name": EVIDENCE, "placed": placed}
        yield site.rows_page(placed), _render(environment, f"{EVIDENCE}.j2", root="../", **context)
    for scenario in site.scenarios:
        for page in scenario.pages:
            context = {
                "site": site,
                "page_names": names,
                "page_name": SECTION,
                "scenario": scenario,
                "page": page,
            }
            file = f"{scenario.name}/{page.slug}.html"
            template = f"{MOVED}.j2" if page.same_as else f"{SECTION}{SUFFIX}"
            yield file, reusable(file) or _render(environment, template, root="../", **context)


def _page_names(environment: Environment) -> list[str]:
    names = environment.list_templates(filter_func=lambda name: name.endswith(SUFFIX))
    return sorted(name.removesuffix(SUFFIX) for name in names if name != SECTION + SUFFIX)


def _pages_to_build(site: Site, environment: Environment) -> list[str]:
    return _render(environment, "page_names.j2", site=site, names=_page_names(environment)).split()


def _render_page(environment: Environment, page_name: str, /, **context: Any) -> str:
    return _render(environment, f"{page_name}{SUFFIX}", **context)


def _render(environment: Environment, name: str, /, **context: Any) -> str:
    from jinja2 import TemplateError

    try:
        text = environment.get_template(name).render(**context)
    except (TemplateError, TypeError, AttributeError, ValueError, LookupError) as reason:
        rule = f"cannot be drawn: {type(reason).__name__}: {reason}".rstrip(".")
        raise PublishError(Problem(_error_location(reason, name), rule, "Correct the template")) from reason
    terms = environment.globals["glossary"]
    assert isinstance(terms, glossary.Glossary)  # noqa: S101 (for the type checker)
    return terms.explain(text)


def _error_location(reason: Exception, name: str) -> str:
    """The template and line that an error came from: a syntax error has it, any other its traceback."""
    if line := getattr(reason, "lineno", None):
        return f"{getattr(reason, 'name', None) or name}, line {line}"
    frames = [f for f in traceback.extract_tb(reason.__traceback__) if f.filename.endswith(".j2")]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else name


def _environment(project: Project) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = project.templates
    if not (templates / f"index{SUFFIX}").is_file():
        raise PublishError(Problem(display_path(templates), f"has no index{SUFFIX}", "Restore the templates"))
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.globals |= _style_and_script(project.static)
    environment.globals |= {
        "thesis": thesis.load(project),
        "glossary": glossary.read(project.glossary),
        "picture": sanitize.picture,
        "once": _DrawnOnce(),
        "document": "",
        "is_old": False,
        "old_after": age.OLD_AFTER,
        "verdicts": labels.VERDICTS,
        "qualities": exhibits.QUALITIES,
        "strengths": labels.QUALITIES,
        "statuses": labels.PARTS,
        "label_of": labels.label,
        "uncertainties": labels.UNCERTAINTY,
        "disclaimer": labels.DISCLAIMER,
        "version": version_in_words(metadata.version("thesis-report")),
    }
    environment.filters |= FILTERS
    environment.tests["starts_with"] = str.startswith
    environment.tests["key"] = labels.is_key
    return environment


FILTERS: dict[str, Callable[..., Any]] = {
    "number": exhibits.number,
    "day": context.day,
    "figure": context.figure,
    "strip_tags": sanitize.strip_tags,
    "without_dead_links": sanitize.without_dead_links,
    "number_word": labels.number_word,
    "odds": odds,
    "outcome_rows": front.outcome_rows,
    "first_sentences": front.first_sentences,
    "sources_in_cell": exhibits.sources_in_cell,
    "weakest": exhibits.weakest,
    "by_title": exhibits.by_title,
    "on_ratio_axis": context.RATIO.at,
}
"""What templates make of values."""


def _style_and_script(static: Path) -> dict[str, Any]:
    """Style sheets and script as every page carries them, and the policy that allows exactly them."""
    css, filters, js = (_asset(static / name) for name in ("site.css", "filter.css", "site.js"))
    fonts_css = "".join(fonts.font_face(family, weight) for family, weight in FONTS)
    return {
        "css": Markup(fonts_css + _minify_css(css)),  # noqa: S704 (our own files)
        "filters": Markup(_minify_css(filters)),  # noqa: S704
        "js": Markup(js),  # noqa: S704
        "policy": lambda style, script=js: Markup(sanitize.policy([style], [script])),  # noqa: S704
    }


class _DrawnOnce:
    """Draws what is the same under several scenarios, or on several pages, once: `once(macro, ...)`.

    What a macro made of some objects serves for the same objects again; it holds them, so that no other takes
    the identity of one.
    """

    def __init__(self) -> None:
        self._drawn: dict[tuple[Any, ...], tuple[Markup, tuple[Any, ...]]] = {}

    def __call__(self, macro: Macro, *arguments: Any) -> Markup:
        key = (macro.name, *map(id, arguments))
        if key not in self._drawn:
            self._drawn[key] = Markup(macro(*arguments)), arguments  # noqa: S704 (drawn by a template)
        return self._drawn[key][0]


def _visible(value: Any) -> Any:
    """Whatever a template prints, in characters that a reader sees; markup was made of such."""
    return value if isinstance(value, Markup) else legible(value)


def _asset(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        raise PublishError(Problem(display_path(path), "cannot be read", "Restore the file")) from None


def _minify_css(css: str) -> str:
    """A style sheet without comments and line breaks, which every page would carry."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "", re.sub(r";?\s*\}", "}", re.sub(r"\s*\{\s*", "{", bare)))


def refuse_unfit(out: Path) -> None:
    """Refuse a folder that a site cannot replace whole.

    Raises
    ------
    PublishError
        It is not an earlier site and so somebody's work, it is a mount point, or the command was started in
        it.
    """
    if os.path.ismount(out):
        raise PublishError(_mount_point(out))
    if out.exists() and Path.cwd().is_relative_to(out.resolve()):
        rule = "holds the folder that the command was started in, and a site replaces its folder"
        raise PublishError(Problem(display_path(out), rule, "Go to another folder and start it there"))
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    with suppress(OSError, ValueError, AttributeError):
        if (
            json.loads((out / CATALOGUE).read_text(encoding="utf-8"))
            .get("format", "")
            .startswith("thesis-site/")
        ):
            return
    raise PublishError(
        Problem(display_path(out), "exists and is not a site of ours", "Name a new or empty folder")
    )
