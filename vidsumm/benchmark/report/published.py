"""The numbers that the paper prints (SummDiff, arXiv 2510.08458, tables 1-6 and I-IV)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vidsumm.benchmark.report.tables import MAP15, MAP50, RHO, TAU, Meta, Metric, Row, Table, Value

__all__ = ["PAPER", "PAPER_TABLES", "QUANTISATION_TAU_RHO", "STEPS_TAU_RHO", "published_rows"]

PAPER = "SummDiff (arXiv 2510.08458)"
SUMMDIFF = "SummDiff (paper)"

_REFERENCES = ("Random", "Human", "Uniform-Random")
_BENCHMARKS = ("summe", "tvsum")

# Tables 1 and 2: tau and rho on SumMe, then on TVSum; None where the paper has a dash.
_Pairs = Mapping[str, tuple[float | None, float | None, float | None, float | None]]
_TVT: _Pairs = {
    "Random": (0.000, 0.000, 0.000, 0.000),
    "Human": (0.205, 0.213, 0.177, 0.204),
    "A2Summ": (0.088, 0.096, 0.157, 0.206),
    "VASNet": (0.089, 0.099, 0.153, 0.205),
    "PGL-SUM": (0.104, 0.116, 0.141, 0.186),
    "CSTA": (0.108, 0.120, 0.168, 0.221),
    SUMMDIFF: (0.133, 0.148, 0.173, 0.226),
}
_FIVE_FOLD: _Pairs = {
    "Random": (0.000, 0.000, 0.000, 0.000),
    "Human": (0.205, 0.213, 0.177, 0.204),
    "DSNet-AF": (0.037, 0.046, 0.113, 0.138),
    "DSNet-AB": (0.051, 0.059, 0.108, 0.129),
    "SUM-GAN": (0.049, 0.066, 0.024, 0.031),
    "AC-SUM-GAN": (0.102, 0.088, 0.031, 0.041),
    "CLIP-It": (None, None, 0.108, 0.147),
    "iPTNet": (0.101, 0.119, 0.134, 0.163),
    "A2Summ": (0.108, 0.129, 0.137, 0.165),
    "VASNet": (0.160, 0.170, 0.160, 0.170),
    "PGL-SUM": (None, None, 0.157, 0.206),
    "AAAM": (None, None, 0.169, 0.223),
    "MAAM": (None, None, 0.179, 0.236),
    "VSS-Net": (None, None, 0.190, 0.249),
    "DMASum": (0.063, 0.089, 0.203, 0.267),
    "SSPVS": (0.192, 0.257, 0.181, 0.238),
    "CSTA": (0.246, 0.274, 0.194, 0.255),
    SUMMDIFF: (0.256, 0.285, 0.195, 0.255),
}

# Table 3: tau, rho, MAP 50, MAP 15 on Mr. HiSum.
_MR_HISUM = {
    "SUM-GAN": (0.067, 0.095, 56.62, 23.56),
    "VASNet": (0.069, 0.102, 58.69, 25.28),
    "AC-SUM-GAN": (0.012, 0.018, 55.35, 21.88),
    "SL-module": (0.060, 0.088, 58.63, 24.95),
    "PGL-SUM": (0.097, 0.141, 61.60, 27.45),
    "iPTNet": (0.020, 0.029, 55.53, 22.74),
    "A2Summ": (0.121, 0.172, 63.20, 32.34),
    "CSTA": (0.128, 0.185, 63.38, 30.42),
    SUMMDIFF: (0.175, 0.238, 65.44, 33.83),
}
# Table IV: the same with standard deviations. For four methods its MAP differs from that of table 3.
_MR_HISUM_SPREAD: Mapping[str, tuple[Value, Value, Value, Value]] = {
    "SUM-GAN": ((0.067, 0.018), (0.095, 0.023), (59.50, 0.16), (24.30, 0.19)),
    "VASNet": ((0.069, 0.000), (0.102, 0.000), (58.69, 0.30), (25.28, 0.40)),
    "AC-SUM-GAN": ((0.012, 0.003), (0.018, 0.003), (56.40, 0.06), (21.70, 0.08)),
    "SL-module": ((0.060, 0.002), (0.088, 0.003), (58.63, 0.13), (24.95, 0.13)),
    "PGL-SUM": ((0.097, 0.001), (0.141, 0.001), (61.60, 0.14), (27.45, 0.15)),
    "iPTNet": ((0.020, 0.003), (0.029, 0.004), (55.53, 0.25), (22.74, 0.13)),
    "A2Summ": ((0.121, 0.001), (0.172, 0.001), (59.18, 0.13), (30.70, 0.21)),
    "CSTA": ((0.128, 0.004), (0.185, 0.006), (62.25, 0.15), (28.42, 0.33)),
    SUMMDIFF: ((0.175, 0.005), (0.238, 0.004), (65.44, 0.19), (33.83, 0.44)),
}

# Table 4: tau, rho, CIS, WIR, WSE on Mr. HiSum.
_KNAPSACK = {
    "Uniform-Random": (0.000, 0.000, 9.27, 0.45, 46.82),
    "SL-module": (0.060, 0.088, 6.83, 0.56, 30.09),
    "CSTA": (0.128, 0.185, 6.23, 0.57, 25.76),
    "PGL-SUM": (0.097, 0.141, 6.14, 0.58, 26.22),
    "VASNet": (0.069, 0.102, 6.25, 0.59, 26.79),
    "A2Summ": (0.121, 0.172, 6.65, 0.55, 30.55),
    SUMMDIFF: (0.175, 0.238, 5.96, 0.61, 25.24),
}

# Table 5: tau, rho on Mr. HiSum.
_COMPONENTS = {
    "Encoder only": (0.071, 0.104),
    "+ video importance denoiser": (0.079, 0.116),
    "+ learnable embedding": (0.086, 0.124),
    "+ AdaLN (time)": (0.145, 0.204),
    "+ AdaLN (time and position), 1 layer": (0.171, 0.232),
    "- quantisation": (0.125, 0.174),
    "+ classifier-free guidance": (0.175, 0.238),
    "+ self-attention guidance": (0.177, 0.239),
}

STEPS_TAU_RHO = {1: (0.170, 0.234), 10: (0.175, 0.238), 100: (0.182, 0.245)}
"""Table 6: DDIM steps -> tau, rho on Mr. HiSum."""

QUANTISATION_TAU_RHO = {
    5: (0.145, 0.200),
    10: (0.147, 0.202),
    50: (0.147, 0.202),
    100: (0.171, 0.235),
    200: (0.175, 0.238),
    400: (0.173, 0.237),
    800: (0.172, 0.235),
}
"""Table I: bins K -> tau, rho on Mr. HiSum."""

# Table II: milliseconds a video.
_INFERENCE_MS: Mapping[str, tuple[Value]] = {
    "CSTA": ((11.70, 0.11),),
    "PGL-SUM": ((19.32, 0.50),),
    "SL-module": ((5.20, 0.62),),
    "VASNet": ((1.11, 0.23),),
    "A2Summ": ((9.10, 2.25),),
    "SummDiff (paper), 1 step": ((11.02, 1.92),),
    "SummDiff (paper), 10 steps": ((49.73, 1.55),),
}

# Table III: tau, rho on SumMe by the number of annotations and how they are used in training.
_AGGREGATION = {
    "5 annotations, aggregated": (0.130, 0.144),
    "5 annotations, individual": (0.211, 0.236),
    "10 annotations, aggregated": (0.145, 0.161),
    "10 annotations, individual": (0.227, 0.253),
    "All annotations, aggregated": (0.176, 0.196),
    "All annotations, individual": (0.256, 0.285),
}

_CIS = Metric("cis", "CIS", better="lower", digits=2)
_WIR = Metric("wir", "WIR", digits=2)
_WSE = Metric("wse", "WSE", better="lower", digits=2)
_TIME_MS = Metric("time_ms", "Time (ms)", better="lower", digits=2)
_RANKS = (TAU, RHO)
_HIGHLIGHTS = (TAU, RHO, MAP50, MAP15)
_BY_DATASET = tuple(
    Metric(f"{dataset}_{metric.key}", f"{name} {metric.title}")
    for dataset, name in zip(_BENCHMARKS, ("SumMe", "TVSum"), strict=True)
    for metric in _RANKS
)


def published_rows(dataset: str, protocol: str) -> tuple[Row, ...]:
    """Returns the rows that the paper prints for a data set under a protocol, with the metrics ``tau`` and ``rho``.

    Args:
        dataset: ``summe`` or ``tvsum`` under ``tvt`` and ``5fcv``; ``mrhisum`` under ``official``, whose rows also have
            ``map50`` and ``map15``.
        protocol: ``tvt`` (7:1:2), ``5fcv`` or ``official``.

    Returns:
        The rows in the paper's order; empty for a combination that the paper does not have.
    """
    if dataset == "mrhisum" and protocol == "official":
        return tuple(replace(row, note=_other_map(row)) for row in PAPER_TABLES["IV"].rows)
    pairs = {"tvt": _TVT, "5fcv": _FIVE_FOLD}.get(protocol)
    if pairs is None or dataset not in _BENCHMARKS:
        return ()
    first = 2 * _BENCHMARKS.index(dataset)
    rows = _rows({method: numbers[first : first + 2] for method, numbers in pairs.items()}, _RANKS)
    return tuple(row for row in rows if row.values)


def _other_map(row: Row) -> str:
    """Returns a note for rows whose MAP in table 3 differs from table IV; empty where the two tables agree."""
    map50, map15 = _MR_HISUM[row.method][2:]
    if (map50, map15) == (row.values["map50"][0], row.values["map15"][0]):
        return ""
    return f"MAP as in table IV; table 3 has {map50:.2f} and {map15:.2f}"


def _rows(numbers: Mapping[str, Sequence[float | Value | None]], columns: Sequence[Metric]) -> tuple[Row, ...]:
    return tuple(
        Row(
            method,
            {metric.key: _value(x) for metric, x in zip(columns, line, strict=True) if x is not None},
            published=True,
            reference=method in _REFERENCES,
        )
        for method, line in numbers.items()
    )


def _value(number: float | Value) -> Value:
    return number if isinstance(number, tuple) else (number, None)


def _table(
    number: str,
    title: str,
    numbers: Mapping[str, Sequence[float | Value | None]],
    columns: Sequence[Metric],
    *,
    dataset: str = "Mr. HiSum",
    protocol: str = "official split",
) -> Table:
    meta = Meta(protocol=protocol, dataset=dataset, source=f"{PAPER}, table {number}")
    return Table(title, columns, _rows(numbers, columns), meta)


def _keyed(numbers: Mapping[int, tuple[float, float]], name: str) -> dict[str, tuple[float, float]]:
    return {name.format(key): pair for key, pair in numbers.items()}


PAPER_TABLES: Mapping[str, Table] = {
    "1": _table(
        "1",
        "Train, validation and test split",
        _TVT,
        _BY_DATASET,
        dataset="SumMe and TVSum",
        protocol="TVT, 5 random splits",
    ),
    "2": _table("2", "Five-fold cross-validation", _FIVE_FOLD, _BY_DATASET, dataset="SumMe and TVSum", protocol="5FCV"),
    "3": _table("3", "Mr. HiSum", _MR_HISUM, _HIGHLIGHTS),
    "4": _table("4", "Knapsack metrics", _KNAPSACK, (*_RANKS, _CIS, _WIR, _WSE)),
    "5": _table("5", "Individual components", _COMPONENTS, _RANKS),
    "6": _table(
        "6",
        "Denoising steps",
        {"CSTA": (0.128, 0.185), **_keyed(STEPS_TAU_RHO, "SummDiff (paper), {} DDIM steps")},
        _RANKS,
    ),
    "I": _table("I", "Quantisation strength", _keyed(QUANTISATION_TAU_RHO, "K = {}"), _RANKS),
    "II": _table("II", "Inference time", _INFERENCE_MS, (_TIME_MS,)),
    "III": _table(
        "III",
        "Aggregated and individual training",
        _AGGREGATION,
        _RANKS,
        dataset="SumMe",
        protocol="not stated; the last row is table 2's (5FCV)",
    ),
    "IV": _table("IV", "Mr. HiSum with standard deviations", _MR_HISUM_SPREAD, _HIGHLIGHTS),
}
"""The paper's tables by their number."""
