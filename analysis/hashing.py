"""Has a content changed? Its SHA-256 says so, in hexadecimal, for files, texts and lists of texts.

Decisions
- Of several texts, a NUL stands between any two, so that no two lists have the same digest.
"""

from __future__ import annotations

import hashlib


def sha256(content: bytes | str) -> str:
    """The digest of a content; that of a text is the digest of its UTF-8."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def sha256_of_texts(*texts: str) -> str:
    """One digest of several texts, in their order."""
    return sha256("\0".join(texts))
