"""The guide's Markdown becomes steps, and a place for an example is found wherever it stands."""

from analysis.site import guide

TEXT = f"""# How to do it

Read *this*.

## Change a thing

Do `a`.

```sh run
thesis a
```

## Read a thing

Before.

{guide.EXAMPLE}

After <script>alert(1)</script>.

## Change a thing
"""


def test_a_step_is_a_heading_and_what_follows_it() -> None:
    page = guide.read(TEXT)
    assert page
    assert (page.title, str(page.opening).strip()) == ("How to do it", "<p>Read <em>this</em>.</p>")
    assert [step.title for step in page.steps] == ["Change a thing", "Read a thing", "Change a thing"]
    assert "<pre><code>thesis a\n</code></pre>" in page.steps[0].text


def test_steps_of_one_name_have_addresses_of_their_own() -> None:
    page = guide.read(TEXT)
    assert page
    assert [step.anchor for step in page.steps] == ["change-a-thing", "read-a-thing", "change-a-thing-2"]


def test_the_example_stands_between_the_text_before_and_after_it() -> None:
    page = guide.read(TEXT)
    assert page
    plain, read, _ = page.steps
    assert plain.rest is None
    assert read.rest is not None
    assert "Before." in read.text and "After" not in read.text
    assert "After" in read.rest and "script" not in read.rest


def test_no_text_is_no_guide() -> None:
    assert guide.read(" \n") is None
