"""The pictures: SVG that every browser reads, the same each time, on light pages and on dark ones."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.plots import kinds_of, panels_of
from benchmarks.suite import Measurement
from tests.benchmarks.samples import MEASUREMENTS

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(tmp_path: Path) -> dict[str, ElementTree.Element]:
    """Every picture of the sample, by its name."""
    pytest.importorskip("matplotlib", reason="matplotlib is installed where benchmarks are: run.py bench")
    from benchmarks.plots import draw

    paths = draw("sample", MEASUREMENTS, tmp_path)
    return {path.stem: ElementTree.fromstring(path.read_bytes()) for path in paths}  # noqa: S314 - our own


def texts(picture: ElementTree.Element) -> list[str]:
    return ["".join(one.itertext()).strip() for one in picture.iter(f"{SVG}text")]


def test_ratios_and_lines_are_pictures_of_their_own(drawn: dict[str, ElementTree.Element]) -> None:
    """A scene that has both loses neither; each in two colours."""
    assert {"sample-bars-light", "sample-bars-dark", "sample-lines-light", "sample-lines-dark"} == set(drawn)
    assert all(f"{SVG}svg" == picture.tag and picture.get("viewBox") for picture in drawn.values())


def test_bars_say_who_what_and_which_way_is_better(drawn: dict[str, ElementTree.Element]) -> None:
    """The reference is one of them; what could not be measured is none."""
    found = texts(drawn["sample-bars-light"])
    for text in ("ASGI, one token", "times floor (µs); less is better", "bearerguard", "1.50", "4.00", "1"):
        assert text in found
    assert "another" not in found


def test_lines_name_their_axis_and_their_places(drawn: dict[str, ElementTree.Element]) -> None:
    found = texts(drawn["sample-lines-dark"])
    for text in ("uvicorn", "requests/s; more is better", "connections", "1", "512", "bare", "bearerguard"):
        assert text in found


@pytest.mark.parametrize("kind", ["bars", "lines"])
def test_light_and_dark_differ_in_colour_only(drawn: dict[str, ElementTree.Element], kind: str) -> None:
    light, dark = drawn[f"sample-{kind}-light"], drawn[f"sample-{kind}-dark"]
    assert texts(light) == texts(dark)
    assert ElementTree.tostring(light) != ElementTree.tostring(dark)


def test_a_picture_is_the_same_each_time(tmp_path: Path) -> None:
    """So a page that is made anew from the same results shows no difference."""
    pytest.importorskip("matplotlib", reason="matplotlib is installed where benchmarks are: run.py bench")
    from benchmarks.plots import draw

    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        draw("sample", MEASUREMENTS, folder)
    one, two = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == two


def test_what_is_for_tables_only_is_not_drawn() -> None:
    assert ["bars", "lines"] == kinds_of(MEASUREMENTS)
    assert [] == kinds_of([one for one in MEASUREMENTS if not one.is_drawn])
    assert [["ASGI, one token"], ["uvicorn"]] == [
        [panel.title for panel in panels_of(MEASUREMENTS, kind)] for kind in ("bars", "lines")
    ]


def test_where_the_reference_is_missing_the_figures_are_drawn() -> None:
    """A ratio to nobody would be none."""
    alone = [Measurement(case="c", subject="bearerguard", unit="µs", values=(1.0,), versus="floor")]
    assert ["µs; less is better"] == [panel.subtitle for panel in panels_of(alone, "bars")]
