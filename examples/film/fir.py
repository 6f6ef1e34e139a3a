"""A fir tree, for more than one scene."""

from film.drawing import Canvas, Colour, Point


def draw(canvas: Canvas, root: Point, height: float, colour: Colour, snow: Colour | None = None) -> None:
    """Draws a fir of four tiers; they carry snow if its colour is given."""
    x, y = root
    canvas.box((x - 0.02 * height, y - 0.1 * height, x + 0.02 * height, y), (0.1, 0.07, 0.06))
    for tier in range(4):
        top, foot = y - height * (0.4 + 0.2 * tier), y - height * (0.06 + 0.19 * tier)
        half = height * (0.27 - 0.052 * tier)
        canvas.polygon([(x, top), (x + half, foot), (x - half, foot)], colour)
        if snow is not None:
            side, drop = 0.42 * half, 0.42 * (foot - top)
            canvas.polygon([(x, top), (x + side, top + drop), (x, top + 0.8 * drop)], snow)
            canvas.polygon([(x, top), (x - side, top + drop), (x, top + 0.8 * drop)], snow)
