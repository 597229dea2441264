"""Boxes, points and the three spaces that they live in."""

from __future__ import annotations

import pytest

from handlens.geometry import Box, Frame, Point, Size

BOX = Box(x=10, y=20, width=30, height=40)


def test_a_box_knows_its_edges_centre_and_area() -> None:
    assert (BOX.right, BOX.bottom, BOX.area) == (40, 60, 1200)
    assert BOX.center == Point(x=25, y=40)
    assert Box.from_corners(10, 20, 40, 60) == BOX
    assert Box(x=0, y=0, width=-5, height=10).area == 0


def test_edges_belong_to_a_box() -> None:
    assert BOX.contains(Point(x=10, y=20))
    assert BOX.contains(Point(x=40, y=60))
    assert not BOX.contains(Point(x=40.1, y=60))


def test_boxes_that_only_touch_share_nothing() -> None:
    beside = Box(x=40, y=20, width=10, height=10)
    assert BOX.intersection(beside) is None
    assert BOX.overlap(beside) == 0


def test_overlap_is_intersection_over_union() -> None:
    half = Box(x=10, y=20, width=30, height=20)
    assert BOX.intersection(half) == half
    assert BOX.overlap(half) == pytest.approx(0.5)
    assert BOX.overlap(BOX) == pytest.approx(1)
    empty = Box(x=15, y=25, width=0, height=0)
    assert BOX.overlap(empty) == 0


def test_boxes_move_scale_and_pad() -> None:
    assert BOX.moved(-10, 5) == Box(x=0, y=25, width=30, height=40)
    assert BOX.scaled(2) == Box(x=20, y=40, width=60, height=80)
    assert BOX.scaled(2, 0.5) == Box(x=20, y=10, width=60, height=20)
    assert BOX.padded(5) == Box(x=5, y=15, width=40, height=50)
    assert Box(x=0.123, y=0.456, width=1.26, height=2).rounded() == Box(x=0.1, y=0.5, width=1.3, height=2)


@pytest.mark.parametrize("scale", [0.5, 1.0, 1 / 3, 2.0])
@pytest.mark.parametrize("origin", [(0, 0), (120, 80), (0, -2_000)])
def test_image_pixels_become_css_pixels_and_come_back(scale: float, origin: tuple[float, float]) -> None:
    frame = Frame(image_size=Size(width=600, height=400), origin=Point(x=origin[0], y=origin[1]), scale=scale)
    point = Point(x=123, y=45)
    there = frame.to_css(point)
    assert (there.x, there.y) == pytest.approx((origin[0] + 123 * scale, origin[1] + 45 * scale))
    back = frame.to_image(there)
    assert (back.x, back.y) == pytest.approx((123, 45))
    box = frame.box_to_image(frame.box_to_css(BOX))
    assert (box.x, box.y, box.width, box.height) == pytest.approx((10, 20, 30, 40))


def test_a_picture_at_twice_the_density_has_half_a_css_pixel_to_the_pixel() -> None:
    frame = Frame(image_size=Size(width=2560, height=1440), scale=0.5)
    assert frame.to_css(Point(x=2560, y=1440)) == Point(x=1280, y=720)


def test_the_grid_covers_a_picture_of_any_shape() -> None:
    frame = Frame(image_size=Size(width=300, height=2_000))
    assert frame.grid_to_image(Point(x=500, y=500)) == Point(x=150, y=1_000)
    assert frame.grid_to_image(Point(x=1000, y=1000)) == Point(x=300, y=2_000)
    assert frame.grid_box_to_image(Box(x=100, y=100, width=200, height=300)) == Box(x=30, y=200, width=60, height=600)


def test_a_point_of_an_enlarged_crop_is_the_same_place_on_the_page() -> None:
    frame = Frame(image_size=Size(width=2560, height=1440), origin=Point(x=0, y=-300), scale=0.5)
    crop = frame.crop(Box(x=400, y=200, width=200, height=100), zoom=3)
    assert crop.image_size == Size(width=600, height=300)
    assert crop.to_css(Point(x=0, y=0)) == frame.to_css(Point(x=400, y=200))
    middle, same = crop.to_css(Point(x=300, y=150)), frame.to_css(Point(x=500, y=250))
    assert (middle.x, middle.y) == pytest.approx((same.x, same.y))


def test_a_crop_has_at_least_one_pixel() -> None:
    frame = Frame(image_size=Size(width=100, height=100))
    assert frame.crop(Box(x=5, y=5, width=0.1, height=0.1)).image_size == Size(width=1, height=1)
