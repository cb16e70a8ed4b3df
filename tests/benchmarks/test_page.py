"""docs/benchmarks.md: made from the results that are kept, and never typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import page, results
from benchmarks.plots import kinds_of
from tests.benchmarks.samples import kept

BAR = re.compile(r"(?m)^\| (\*\*missed\*\*|not judged|met) \| (\S+) \| (.+?) \| (.+?) \| (.+) \|$")
WHY = "(3 rounds, and it takes 14)"


def test_the_page_is_what_the_kept_results_make() -> None:
    """Whoever edits it by hand, or keeps a result without making it anew, is told here.

    `python -m benchmarks.page` makes it.
    """
    assert page.text_of(results.load_all()) == page.PAGE.read_text(encoding="utf-8")


def test_every_picture_of_the_kept_results_is_there_and_no_other() -> None:
    expected = {
        f"{one.name}-{kind}-{theme}.svg"
        for one in results.load_all()
        for kind in kinds_of(one.result.measurements)
        for theme in ("light", "dark")
    }
    assert expected == {path.name for path in page.PICTURES.glob("*")}


def test_all_bars_stand_in_one_table_those_that_were_missed_first() -> None:
    text = page.text_of([kept()])
    assert "\n1 met, 1 missed, 1 not judged.\n" in text
    table = BAR.findall(text)
    assert [
        ("**missed**", "5", "at most 1", "[sample](#a-warm-request)", "calls \\| at once"),
        ("not judged", "0.800", "at least 0.900", "[sample](#a-warm-request)", f"share of bare {WHY}"),
        ("met", "1.50", "at most 2.00", "[sample](#a-warm-request)", "times the floor"),
    ] == table


def test_a_scene_says_what_it_measures_how_busy_the_machine_was_and_what_is_left_out() -> None:
    text = page.text_of([kept()])
    assert (
        "## A warm request\n\nScene `sample`: `python3 run.py bench --only sample`.\n\nWhat a guard adds.\n"
        in text
    )
    assert "Taken by a quick run, on 2026-01-31, in 12 s; load average 0.5 before, 1.25 after.\n" in text
    assert "\nLeft out: the rest, in a quick run.\n" in text
    assert "\nanother: Not installed: another.\n" in text
    assert "| bearerguard | 1.50 | 1.47 to 1.52 | 3.00 | 2.80 to 3.20 |\n" in text


def test_a_scene_shows_both_its_pictures_in_both_colours() -> None:
    """A page that is dark shows dark ones."""
    text = page.text_of([kept()])
    for kind in ("bars", "lines"):
        assert f'media="(prefers-color-scheme: dark)" srcset="benchmarks/sample-{kind}-dark.svg"' in text
        assert f'src="benchmarks/sample-{kind}-light.svg"' in text


def test_the_machine_is_named_once_for_all_that_was_measured_on_it() -> None:
    text = page.text_of([kept("cold"), kept("warm")])
    assert text.rstrip().endswith(
        "cold, warm: A processor, 2 processors, Linux 6, CPython 3.11.7, SQLite 3.40.1, wrk 4.1.0; servers "
        "on the event loop of asyncio. bearerguard 0.1.0, uvicorn 0.54.0."
    )


def test_without_results_it_says_so_and_how_to_get_them() -> None:
    text = page.text_of([])
    assert "No result is kept yet." in text
    assert "python3 run.py bench --quick" in text


def test_pictures_of_scenes_that_are_gone_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PICTURES", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    (tmp_path / "gone-bars-light.svg").touch()
    page.write_page()
    assert ["benchmarks.md"] == [path.name for path in tmp_path.iterdir()]
