"""Ink, paper and colours of every picture."""

__all__ = ["BORDER", "GREY", "INK", "PALE", "PALETTE", "TICK", "TRACK"]

INK = "#1f2933"
GREY = "#5f6c7b"
PALE = "#c3cbd4"
TRACK = "#eef1f4"
TICK = "#e6eaee"
BORDER = "#8593a3"
# Okabe and Ito's palette, told apart by the colour-blind; its yellow, faint on white, is a brown here.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#7A5200", "#000000")
