"""How do executed notebooks become a site that can be put anywhere? Read, check, draw, then swap in whole.

Decisions
- Words are in the templates and the notebooks, none here: each `NAME.html.j2` is a page of the site, and
  `section.html.j2` is drawn once for each notebook and scenario, `evidence.j2` once for each table.
  `sheets.j2` says which pages there are, so that a page about something that was not run neither exists nor
  is linked.
- The site is built beside its place and swapped in by renaming; whatever fails before leaves the old one
  standing.
- A folder that holds something else is never replaced: `catalogue.json`, which every site has, is the sign.
  Nor is one that cannot move away (a mount point), or from which the command was started: its shell would
  stand in no folder.
- What has not changed is not drawn again (`rebuild`); a site that is still what its runs give stays as it is.
- Equal runs give equal bytes: no clock, no duration, no absolute path, everything in a stated order.
"""

from __future__ import annotations

import errno
import functools
import json
import os
import re
import tempfile
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analysis import ROOT, exhibits, fonts, labels
from analysis.batch.execute import FULL
from analysis.characters import legible
from analysis.errors import Problem, PublishError
from analysis.exhibits import Metric, Tabular
from analysis.hashing import sha256
from analysis.scenarios import PARAMS, display_path
from analysis.site import context, exports, incremental, pdf, sanitize
from analysis.site.context import Site
from analysis.site.reader import PlacedExhibit
from analysis.site.results import load

if TYPE_CHECKING:
    from jinja2 import Environment

RUNS = ROOT / "reports" / "runs"
SITE = ROOT / "reports" / "site"
TEMPLATES = ROOT / "reports" / "templates"
STATIC = ROOT / "reports" / "static"
CHANGELOG = ROOT / "CHANGELOG.md"
RETIRED = ROOT / "reports" / "retired.yml"
ENDING = ".html.j2"
SECTION = "section"
EVIDENCE = "evidence"
CATALOGUE = "catalogue.json"
FORMAT = "thesis-site/1"
FACES = (("Source Sans Pro", 400), ("Source Sans Pro", 600), ("Source Serif Pro", 600))
"""The fonts of the pages: text, what stands out of it, headings."""


def publish(
    runs: Path = RUNS,
    out: Path = SITE,
    *,
    params: Path = PARAMS,
    templates: Path = TEMPLATES,
    static: Path = STATIC,
    changelog: Path = CHANGELOG,
    retired: Path = RETIRED,
    document: pdf.Write | None = None,
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
        Templates of the pages; `site.css`, `filter.css` and `site.js`.
    changelog : Path
        What changed from version to version, a Markdown file; its page is left out where there is none.
    retired : Path
        Ids that earlier pages had and that lead to what replaced them (`retired.read`); there need be none.
    document : callable, optional
        What makes one document of the finished pages (`pdf.write`).
    partial : bool
        Publish although runs are missing: their pages say so, and so does the index.

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
    out = out.resolve()
    refuse_unfit(out)
    found, earlier = load(runs, partial=partial), incremental.PreviousBuild.at(out)
    keys = incremental.keys(found, [templates, static, params, changelog, retired], document=bool(document))
    if earlier.is_still(keys):
        return out / "index.html"
    environment = _environment(templates, static)
    environment.globals["document"] = pdf.NAME if document else ""
    log = legible(changelog.read_text(encoding="utf-8")) if changelog.is_file() else ""
    site = context.build_context(found, params, _sheets(environment), log, retired)
    drawn = _Drawn(files(site, environment, lambda name: earlier.page(name, keys[name])))
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as workshop:
            fresh = Path(workshop) / "fresh"
            written = {name: _write(fresh / name, content) for name, content in drawn}
            if document:
                draw = functools.partial(_render, environment, site=site, sheets=_made(site, environment))
                written[pdf.NAME] = _write(fresh / pdf.NAME, document(fresh, draw))
            _write(fresh / incremental.BUILT, incremental.write_record(keys, written).encode())
            swap(fresh, out, Path(workshop) / "previous")
    except OSError as reason:
        if reason.errno == errno.EBUSY:
            raise PublishError(_mounted(out)) from None
        if reason.errno in FULL:
            raise PublishError(_no_room(out, drawn.whole_size(), reason)) from None
        raise
    return out / "index.html"


@dataclass
class _Drawn:
    """The files of a site by name, as they are drawn; how many bytes they have is counted on the way."""

    files: Iterator[tuple[str, str]]
    size: int = 0

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for name, text in self.files:
            content = text.encode()
            self.size += len(content)
            yield name, content

    def whole_size(self) -> int:
        """The bytes of all files; those that nobody has asked for yet are drawn for it."""
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


def _mounted(out: Path) -> Problem:
    rule = "is a mount point, and a site replaces its folder, which a mount point does not allow"
    return Problem(display_path(out), rule, f"Name a folder inside it: --out {out / 'site'}")


def render_single_page(
    template: str, /, *, templates: Path = TEMPLATES, static: Path = STATIC, **context: Any
) -> str:
    """One page that is no part of a site, in its dress: `template` is the name of the file without its ending
    ``.j2``.

    Raises
    ------
    PublishError
        A template cannot be drawn.
    """
    return _render(_environment(templates, static), f"{template}.j2", **context)


def swap(fresh: Path, out: Path, previous: Path) -> None:
    """Put a folder in the place of another, which moves to `previous`; if that fails, everything is as
    before.
    """
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
    site: Site, environment: Environment, known: Callable[[str], str | None] = lambda _: None
) -> Iterator[tuple[str, str]]:
    """Every file of a site: its relative name and its text; `known` are pages of notebooks that need no
    drawing.
    """
    yield from _pages(site, environment, known)
    listed = []
    for scenario in site.scenarios:
        for shown in scenario.exhibits:
            folder = site.folder(shown)
            listed.append(_entry(shown, folder))
            own = shown.scenario == site.main.name or folder != "data"
            if isinstance(shown.exhibit, Tabular) and own:
                digest = site.page(shown.scenario, shown.notebook).digest
                yield f"{folder}/{shown.exhibit.id}.csv", exports.as_csv(shown.exhibit)
                yield f"{folder}/{shown.exhibit.id}.json", exports.as_record(shown, digest)
    numbers = [s for scenario in site.scenarios for s in scenario.exhibits if isinstance(s.exhibit, Metric)]
    yield "metrics.csv", exports.metrics(numbers)
    made = [
        {
            "scenario": page.scenario,
            "notebook": page.slug,
            "page": page.address,
            "digest": page.digest,
        }
        | ({"missing": page.missing} if page.missing else {})
        for scenario in site.scenarios
        for page in scenario.pages
    ]
    retired = [entry.model_dump(mode="json") for entry in site.retired]
    content = {"format": FORMAT, "runs": made, "exhibits": listed, "retired": retired}
    yield CATALOGUE, exports.as_json(content)


def _entry(shown: PlacedExhibit, folder: str) -> dict[str, Any]:
    exhibit = shown.exhibit
    entry = {"id": exhibit.id, "kind": exhibit.kind, "title": exhibit.title, "scenario": shown.scenario}
    entry["page"] = f"{shown.page}#{exhibit.id}"
    if isinstance(exhibit, Tabular):
        entry |= {"csv": f"{folder}/{exhibit.id}.csv", "json": f"{folder}/{exhibit.id}.json"}
    return entry


def _pages(
    site: Site, environment: Environment, known: Callable[[str], str | None]
) -> Iterator[tuple[str, str]]:
    made = _made(site, environment)
    for sheet in made:
        yield f"{sheet}.html", _draw(environment, sheet, site=site, sheets=made, root="", sheet=sheet)
    for shown in site.evidence:
        context = {"site": site, "sheets": made, "sheet": EVIDENCE, "shown": shown}
        yield site.rows_of(shown), _render(environment, f"{EVIDENCE}.j2", root="../", **context)
    for scenario in site.scenarios:
        for page in scenario.pages:
            context = {"site": site, "sheets": made, "sheet": SECTION, "scenario": scenario, "page": page}
            name = f"{scenario.name}/{page.slug}.html"
            yield name, known(name) or _draw(environment, SECTION, root="../", **context)


def _sheets(environment: Environment) -> list[str]:
    names = environment.list_templates(filter_func=lambda name: name.endswith(ENDING))
    return sorted(name.removesuffix(ENDING) for name in names if name != SECTION + ENDING)


def _made(site: Site, environment: Environment) -> list[str]:
    return _render(environment, "sheets.j2", site=site, names=_sheets(environment)).split()


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
    """The template and line that an error came from: a syntax error knows, any other shows it in its
    traceback.
    """
    if line := getattr(reason, "lineno", None):
        return f"{getattr(reason, 'name', None) or name}, line {line}"
    frames = [f for f in traceback.extract_tb(reason.__traceback__) if f.filename.endswith(".j2")]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else name


def _environment(templates: Path, static: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    if not (templates / f"index{ENDING}").is_file():
        raise PublishError(
            Problem(display_path(templates), f"has no index{ENDING}", "Name the folder of the templates")
        )
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    css, filters, js = (_asset(static / name) for name in ("site.css", "filter.css", "site.js"))
    css = "".join(fonts.font_face(family, weight) for family, weight in FACES) + _tight(css)
    filters = _tight(filters)
    environment.globals |= {
        "css": Markup(css),  # noqa: S704 (our own files)
        "filters": Markup(filters),  # noqa: S704
        "js": Markup(js),  # noqa: S704
        "policy": lambda style: Markup(sanitize.policy([style], [js])),  # noqa: S704
        "picture": sanitize.picture,
        "document": "",
        "verdicts": labels.VERDICTS,
        "qualities": exhibits.QUALITIES,
        "strengths": labels.QUALITIES,
        "statuses": labels.PARTS,
        "labelled": labels.label,
    }
    environment.filters |= {
        "number": exhibits.number,
        "day": exhibits.day,
        "plain": sanitize.plain,
        "spelled": labels.number_word,
        "cited": exhibits.cited,
        "weakest": exhibits.weakest,
        "on_scale": context.RATIO.at,
    }
    return environment


def _visible(value: Any) -> Any:
    """Whatever a template prints, in characters that a reader sees; markup was made of such."""
    return value if isinstance(value, Markup) else legible(value)


def _asset(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        raise PublishError(Problem(display_path(path), "cannot be read", "Restore the file")) from None


def _tight(css: str) -> str:
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
        raise PublishError(_mounted(out))
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
