"""Digests that tell contents apart."""

import pytest

from analysis.hashing import sha256, sha256_of_texts

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The digest of nothing, as FIPS 180-4's test vectors have it."""

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""Of `abc`, the first example of FIPS 180-2."""


@pytest.mark.parametrize(("content", "digest"), [("", EMPTY), (b"", EMPTY), ("abc", ABC), (b"abc", ABC)])
def test_a_digest_is_that_of_the_standard(content: bytes | str, digest: str) -> None:
    assert sha256(content) == digest


def test_a_text_has_the_digest_of_its_utf8() -> None:
    assert sha256("é") == sha256(b"\xc3\xa9")


def test_texts_are_told_apart_by_where_one_ends() -> None:
    digests = {sha256_of_texts(*texts) for texts in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""))}
    assert len(digests) == 4
