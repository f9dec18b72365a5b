"""Plots: SVG that is XML, equal bytes for equal arguments, texts as texts, readable on light and dark pages."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from weft.errors import UsageError
from weft.report.plot import COLOURS, Curve, Group, bars, dots, drawn, lines

ROOT = Path(__file__).parents[3]


def curves(*, title: str = "Costs & <limits>") -> str:
    x = (1, 2, 3, 8, 64, 100)
    measured = Curve("measured", x, [5, 7, 9, 19, 131, 203], [4, 6, 8, 18, 130, 190], [6, 8, 10, 20, 132, 210], shown="points")
    fitted = Curve("", [1, 100], [5, 203], shown="line", like=0)
    return lines(
        [measured, fitted, Curve("flat", x, [5] * 6)], title=title, x_label="components", y_label="µs", log="xy", x_ticks=x
    )


def rows(draw: Callable[..., str] = dots) -> str:
    uniform = Group("uniform", [12, 480, None], [9, 350, None], [15, 700, None])
    pct = Group("pct", [20, 100, 1000], [18, 90, 900], [25, 120, math.inf])
    return draw(["S1", "walk_vs_umount", "S3"], [uniform, pct], title="Runs to failure", value_label="runs", log=True)


def texts(svg: str) -> set[str]:
    return {each.text or "" for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}


def test_labels_are_texts_in_well_formed_xml() -> None:
    assert {"Costs & <limits>", "components", "µs", "measured", "flat", "1", "2", "3", "8", "64", "100"} <= texts(curves())
    assert {"Runs to failure", "runs", "uniform", "pct", "S1", "walk_vs_umount", "S3"} <= texts(rows())
    assert {"Runs to failure", "uniform", "pct", "S1", "walk_vs_umount", "S3"} <= texts(rows(bars))


def test_an_empty_label_is_not_in_the_legend() -> None:
    assert not {"_", ""} & texts(curves())


@pytest.mark.parametrize("make", [curves, rows])
def test_equal_arguments_give_equal_bytes_in_another_process_with_other_settings(make: Callable[[], str], tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nfont.size: 30\nsvg.fonttype: path\n")
    program = f"import sys; from {__name__} import {make.__name__}; sys.stdout.buffer.write({make.__name__}().encode())"
    environment = {"PYTHONPATH": f"{ROOT}:{Path(__file__).parent}", "MPLCONFIGDIR": str(tmp_path), "PYTHONHASHSEED": "7"}
    again = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    assert again.stdout.decode() == make() == make()


def test_nothing_says_when_or_by_which_version_it_was_drawn() -> None:
    assert "<metadata>" not in curves()
    assert "matplotlib.org" not in curves()


def test_what_is_not_data_has_the_ink_of_the_page() -> None:
    svg = curves()
    painted = {part.split(";")[0].split('"')[0].strip() for kind in ("fill:", "stroke:") for part in svg.split(kind)[1:]}
    assert painted == {"none", "currentColor", COLOURS[0], COLOURS[2]}
    assert "prefers-color-scheme:dark" in svg


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("page", ["#ffffff", "#161b22"])
def test_every_colour_of_data_stands_out_on_light_and_dark_pages(page: str) -> None:
    for colour in COLOURS:
        dark, light = sorted((luminance(page), luminance(colour)))
        assert (light + 0.05) / (dark + 0.05) >= 3, colour


def test_ids_that_one_page_would_share_differ_between_plots() -> None:
    def used(svg: str) -> set[str]:
        return {part.split('"')[0].split(")")[0] for sign in ('href="#', "url(#") for part in svg.split(sign)[1:]}

    assert used(curves())
    assert not used(curves()) & used(curves(title="Other"))


def test_a_lower_limit_is_drawn_as_one() -> None:
    known = dots(["a"], [Group("runs", [5], [4], [6])], title="t", value_label="v")
    limit = dots(["a"], [Group("runs", [5], [4], [math.inf])], title="t", value_label="v")
    assert known != limit
    assert "inf" not in limit


def test_other_shapes_are_drawn_on_the_axes_given() -> None:
    svg = drawn(lambda axes: axes.text(0.5, 0.5, "here") and None, title="free")
    assert "here" in texts(svg)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'weft\[plots\]'"):
        curves()


def test_importing_the_module_does_not_import_matplotlib() -> None:
    program = "import sys, weft.report.plot; sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
