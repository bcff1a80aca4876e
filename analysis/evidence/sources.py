"""What does a table of the article mean, and whom does it cite? Its sidecar, and the article's own line.

Decisions
- A sidecar (`NAME.meta.yml`) is read once into frozen models; a misspelt or missing key is an error, not a
  warning.
- The source line under a chart is made of what `thesis.yml` says of the article, never typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis import columns, thesis
from analysis.cache import cached
from analysis.columns import ColumnEntry
from analysis.errors import DataError
from analysis.project import Project, sidecar_of
from analysis.scenarios import display_path, read_yaml, validation_problems
from analysis.units import UNITS, unit_of_name

Catalogue = Mapping[str, ColumnEntry]
Described = TypeVar("Described", bound=BaseModel)


class ArticleColumn(BaseModel):
    """One column of a data file: what it means, its unit, and what may stand in it.

    `cell` is what one of its cells is called in a sentence (a score, a price); `parts` are the figures that
    one cell prints (input and output price); `unit_from` names the column that holds each row's own unit;
    `missing` allows a figure to be unknown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    meaning: str = Field(min_length=10)
    cell: str = "entry"
    kind: Literal["text", "quantity"]
    unit: str | None = None
    unit_from: str | None = None
    parts: tuple[str, ...] = ()
    missing: bool = False
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _a_quantity_has_one_unit(self) -> ArticleColumn:
        if self.kind == "quantity" and (self.unit is None) == (self.unit_from is None):
            raise ValueError("a quantity needs either unit or unit_from")
        if self.unit is not None and self.unit not in UNITS:
            raise ValueError(f"unit {self.unit!r} is unknown; use one of {', '.join(UNITS)}")
        return self

    def names(self, column: str) -> list[str]:
        """Names of its numbers in the parsed table: its own, or one a part (`input_price_usd_per_mtok`)."""
        return [f"{part}_{column}" for part in self.parts] or [column]


class ArticleSidecar(BaseModel):
    """What `NAME.meta.yml` says about `NAME.csv`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    where: str
    key: str
    inclusion: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    columns: dict[str, ArticleColumn]

    @model_validator(mode="after")
    def _the_key_is_a_column(self) -> ArticleSidecar:
        if self.key not in self.columns:
            raise ValueError(f"key {self.key!r} is not one of the columns")
        return self


@cached
def read_as(model: type[Described], path: Path, sections: tuple[str, ...] = ()) -> Described:
    """What a YAML file says, as a model; passages of the article are of one of its `sections`.

    Raises
    ------
    DataError
        There is no such file, or it does not say what the model asks for; all of it at once.
    """
    return _as_model(model, read_yaml(path, error=DataError), path, sections)


@cached
def read_sidecar(model: type[Described], table: Path, project: Project) -> Described:
    """What the sidecar of a table says, as a model: a column that the project's catalogue describes needs no
    title and no meaning, one whose name carries its unit no unit.

    Raises
    ------
    DataError
        As `read_as`, or the catalogue cannot be used.
    """
    path = sidecar_of(table)
    content, catalogue = read_yaml(path, error=DataError), columns.load(project)
    return _as_model(model, _with_columns(content, catalogue), path)


def _as_model(
    model: type[Described], content: dict[str, Any], path: Path, sections: tuple[str, ...] = ()
) -> Described:
    try:
        return model.model_validate(content, context=sections)
    except ValidationError as reason:
        raise DataError(validation_problems(reason, display_path(path))) from None


def _with_columns(content: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """A sidecar whose columns have what the catalogue and their names say where it is silent."""
    specs = content.get("columns")
    if not isinstance(specs, dict):
        return content
    described = {
        name: _description(name, catalogue) | spec if isinstance(spec, dict) else spec
        for name, spec in specs.items()
    }
    return content | {"columns": described}


def _description(name: str, catalogue: Catalogue) -> dict[str, str]:
    """Title and meaning of a column by the catalogue, and the unit that its name carries."""
    entry, unit = catalogue.get(name), unit_of_name(name)
    described = {"title": entry.label, "meaning": entry.meaning} if entry else {}
    return described | ({"unit": unit} if unit else {})


def sidecar(name: str, project: Project | None = None) -> ArticleSidecar:
    """The sidecar of a data file.

    Raises
    ------
    DataError
        No sidecar, or one that does not say what it must.
    """
    return read_as(ArticleSidecar, sidecar_of((project or Project.default()).article_table(name)))


def references(names: Iterable[str], project: Project | None = None) -> list[dict[str, str]]:
    """The article as an exhibit cites it, for some of its tables; none without one.

    Raises
    ------
    DataError
        There is no such table.
    """
    cited = [sidecar(name, project).where for name in names]
    return [thesis.load(project).article.reference] if cited else []
