"""Where what a batch makes goes: whole or not at all, on this machine and behind a URL."""

from pathlib import Path

import pytest

from analysis.batch import storage
from analysis.errors import ParameterError


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "manifest.json"
    path.write_text("old")

    def full(self: Path, *_: object, **__: object) -> None:
        self.touch()
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        storage.write_text(path, "new")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("manifest.json", "old")]


def test_a_folder_and_a_file_url_are_paths_of_this_machine() -> None:
    assert storage.location("reports/runs") == Path("reports/runs")
    assert storage.location("file:///srv/a%20b") == Path("/srv/a b")
    assert not storage.is_remote(storage.location("file:///srv/x"))


@pytest.mark.parametrize("text", ["", " ", "\t", "file://", "s3://", "s3:///", "memory:// "])
def test_a_place_without_a_name_is_refused(text: str) -> None:
    rule = "has no folder" if "://" in text else "is empty"
    with pytest.raises(ParameterError, match=f"^--out .*: {rule}"):
        storage.location(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\x1b[31mb", r"^--out ab: holds U\+001B"),
        ("a\udcff", r"^--out a\ufffd: holds U\+DCFF"),  # as of a name that is not UTF-8
        ("file://reports/runs", "names the machine reports. Write file:///FOLDER, or the folder alone"),
    ],
)
def test_a_place_that_no_message_could_name_or_that_is_elsewhere_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        storage.location(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s4://bucket/runs", "nothing here knows the scheme s4://. Write a folder, or a URL of fsspec"),
        ("gcs://bucket/runs", "needs a package that is not installed .*gcsfs.*. Install the extra"),
    ],
)
def test_a_scheme_that_cannot_be_used_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=rf"^--out {text}: {message}") as refused:
        storage.location(text)
    assert str(refused.value).count("\n") == 0


def test_what_stands_behind_a_url_is_used_like_a_folder(tmp_path: Path) -> None:
    folder = storage.location("memory://bucket/runs")
    file, result = folder / "base" / "good.ipynb", tmp_path / "good.ipynb"
    result.write_bytes(b"executed")
    storage.make_folder(file.parent)
    storage.move(result, file)
    assert (storage.is_file(file), storage.read_bytes(file), result.exists()) == (True, b"executed", False)
    storage.write_text(file, "again")
    assert storage.read_bytes(file) == b"again"
    with pytest.raises(FileExistsError):
        storage.put(file, b"", new=True)
    storage.remove(file)
    storage.remove(file)
    assert not storage.is_file(file)
    assert storage.path_text(folder) == "memory://bucket/runs"


def test_whatever_goes_wrong_behind_a_url_is_an_error_of_files() -> None:
    folder = storage.location("memory://bucket/runs")
    with pytest.raises(OSError, match=r"^KeyError: 'no such key'$"), storage.as_os_errors(folder):
        raise KeyError("no such key")
    with pytest.raises(KeyError), storage.as_os_errors(Path("here")):  # a mistake of ours stays one
        raise KeyError("x")
