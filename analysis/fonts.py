"""How do pages and charts carry their fonts? As subsets of two fonts from packages, ready for a style sheet.

Decisions
- Pages and charts embed their letters, so that they look alike on every machine and request nothing.
- A chart embeds the letters that it uses, a page those of western names and the signs that numbers need.
- A subset takes as long as drawing half a chart, and most charts use the same letters in every scenario: it
  is computed once.
- Equal texts give equal bytes: no time stamp is written, names and hints are dropped.
"""

from __future__ import annotations

import base64
import io
from functools import cache
from pathlib import Path
from typing import Any

from analysis.stored_results import computed_once

LATIN = (
    "".join(map(chr, range(32, 127)))
    + "\N{NO-BREAK SPACE}éèêëáàâäãåæçíîïñóòôöõøœúùûüßÉÖÄÜØÅ–—‘’“”…−×·•±²³½≤≥≈→↑↓↕▲▼°£€§©"
)
"""The letters that a page embeds; anything else falls back to the reader's fonts."""


def font_path(family: str, weight: int) -> str:
    """The file of a font of the report.

    Raises
    ------
    KeyError
        A family or weight that the report does not use.
    """
    import font_source_sans_pro as sans
    import font_source_serif_pro as serif

    files = {
        ("Source Sans Pro", 400): sans.SourceSansPro,
        ("Source Sans Pro", 600): sans.SourceSansProSemibold,
        ("Source Serif Pro", 600): serif.SourceSerifProSemibold,
    }
    return str(files[family, weight])


@cache
def font_face(family: str, weight: int, letters: str = LATIN) -> str:
    """An ``@font-face`` rule with these letters of a font in it."""
    encoded = base64.b64encode(_letters_of(family, weight, letters)).decode()
    source = f"url(data:font/woff;base64,{encoded})"
    return f"@font-face{{font-family:{family};font-weight:{weight};src:{source}}}"


@cache
@computed_once
def _letters_of(family: str, weight: int, letters: str) -> bytes:
    """A font with some letters alone: a chart's are taken ten times as fast from the western ones."""
    if letters == LATIN:
        return _subset(Path(font_path(family, weight)).read_bytes(), letters)
    return _subset(_letters_of(family, weight, LATIN), letters)


def _subset(font: bytes, letters: str) -> bytes:
    """A font (any format) with some of its letters, compressed for the web (WOFF)."""
    from fontTools import subset  # half a second: only where it is used
    from fontTools.ttLib import TTFont

    options: Any = subset.Options()
    options.hinting, options.notdef_outline, options.glyph_names = False, False, False
    options.layout_features, options.name_IDs = ["kern"], []
    options.drop_tables += ["BASE", "DSIG", "GDEF", "GSUB"]
    options.desubroutinize = True
    result = TTFont(io.BytesIO(font), lazy=True, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=letters)
    subsetter.subset(result)
    result.flavor = "woff"
    content = io.BytesIO()
    result.save(content)
    return content.getvalue()
