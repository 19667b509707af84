"""The registry of metrics: what each is, in which unit, which way is better, and after whom."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

from gridmap.catalogue import Language, sentences, text
from gridmap.policies import Mode

Direction = Literal[-1, 0, 1]

#: What is added to the key of a metric in the name it has in the table of scores: nothing;
#: ``_walk``; ``_walk_10`` (minutes); or a grade or kind of outlet.
Spread = Literal["plain", "mode", "threshold", "item"]

THRESHOLD_NAME = re.compile(
    rf"(?P<key>.+)_(?P<mode>{'|'.join(get_args(Mode))})_(?P<minutes>[\d.]+)"
)
MODE_NAME = re.compile(rf"(?P<key>.+)_(?P<mode>{'|'.join(get_args(Mode))})")

STANDARD = "standard"
HUFF = "Huff 1963; Nakanishi & Cooper 1974"
DOJ = "US DOJ/FTC Merger Guidelines 2.1, 2023"
SHANNON = "Shannon 1948"
SFCA = "Luo & Wang 2003"
E2SFCA = "Luo & Qi 2009"
SFCA3 = "Wan, Zou & Sternberg 2012"
BFCA = "Paez, Higgins & Vivona 2019"
GINI = "Gini 1912; Lerman & Yitzhaki 1989"
THEIL = "Theil 1967"
PALMA = "Palma 2011"
BENJAMINI = "Benjamini & Hochberg 1995"
CALLS = "salesgis.com 2025"

#: Key of ``scoring.direction`` for each direction.
DIRECTIONS: dict[int, str] = {1: "more", -1: "less", 0: "neither"}

#: Values that a metric can take, by its unit, and of those that differ from their unit's.
_BOUNDS_OF_UNIT = {
    "share": "0 … 1",
    "score": "1 … 100",
    "code": "0, 1, 2, …",
    "points": "0 … 10,000",
    "operators": "≥ 1",
    "subscribers": "−∞ … ∞",
    "per_1k": "−∞ … ∞",
}
_BOUNDS = {"execution_gap": "−1 … 1", "churn": "≥ 0"}

COMPOSITE = "OECD/JRC Handbook 2008; UNDP HDR technical notes"


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    key
        Name, and the key of its label and meaning in the catalogue.
    dimension
        What it tells about; key of ``scoring.dimension``.
    formula
        The formula in signs that need no translation; w = weight of demand, t = minutes.
    unit
        Key of ``scoring.unit``.
    direction
        1 = more is better, -1 = less is better, 0 = neither.
    source
        Where the formula comes from.
    spread
        What is added to the key in the table of scores.
    additive
        Whether numerators and denominators of cells may be summed to the rate of a region.
    """

    key: str
    dimension: str
    formula: str
    unit: str
    direction: Direction
    source: str
    spread: Spread = "plain"
    additive: bool = False

    @property
    def bounds(self) -> str:
        """Values that it can take, in signs that need no translation."""
        return _BOUNDS.get(self.key) or _BOUNDS_OF_UNIT.get(self.unit, "≥ 0")

    def label(self, language: Language = "en") -> str:
        """Return the label."""
        return text(f"scoring.metric.{self.key}", language)

    def meaning(self, language: Language = "en") -> str:
        """Return what the metric says, in a sentence."""
        return text(f"scoring.meaning.{self.key}", language)


@dataclass(frozen=True)
class Named:
    """A metric as the table of scores names it.

    Attributes
    ----------
    metric
        The metric.
    mode, minutes, item
        Means of travel, threshold, and grade or kind, where the name holds them.
    """

    metric: Metric
    mode: str = ""
    minutes: float | None = None
    item: str = ""

    def label(self, language: Language = "en") -> str:
        """Return the label with means of travel and threshold."""
        label = self.metric.label(language)
        if self.minutes is not None:
            mode = text(f"scoring.mode.{self.mode}", language)
            return text(
                "scoring.label.threshold", language, label=label, mode=mode, minutes=self.minutes
            )
        if self.mode:
            mode = text(f"scoring.mode.{self.mode}", language)
            return text("scoring.label.mode", language, label=label, mode=mode)
        if self.item:
            return text("scoring.label.item", language, label=label, item=self.item)
        return label


def _reach(key: str, formula: str, direction: Direction) -> Metric:
    return Metric(key, "reach", formula, "share", direction, STANDARD, "threshold", True)


def _time(key: str, formula: str, *, additive: bool = False) -> Metric:
    return Metric(key, "time", formula, "minutes", -1, STANDARD, "mode", additive)


def _access(key: str, formula: str, source: str, spread: Spread = "mode") -> Metric:
    return Metric(f"access_{key}", "access", formula, "per_10k", 1, source, spread, True)


def _equity(key: str, formula: str, unit: str, source: str) -> Metric:
    return Metric(f"access_{key}", "equity", formula, unit, -1, source, "mode")


def _sum(
    key: str,
    dimension: str,
    formula: str,
    unit: str = "share",
    *,
    direction: Direction = 1,
    source: str = STANDARD,
) -> Metric:
    return Metric(key, dimension, formula, unit, direction, source, "plain", True)


_SCORE = "Π_d (Σ_k v_k·y_k / Σ_k v_k)^(1/D)"
_EVEN = "(H − 1/n) / (1 − 1/n), H = Σs²"
_SHRUNK = "m + C·(s − m), C = A / (A + m/n)"
_GI = "(Σw·x − x̄·Σw) / (S·√((n·Σw² − (Σw)²) / (n − 1)))"
_HUFF = "Σw·Σ_ours P / Σw, P = A^α·f(t) / (A₀ + Σ A^α·f(t))"
_REGISTRY: tuple[Metric, ...] = (
    Metric("position_score", "score", _SCORE, "score", 1, COMPOSITE),
    Metric("position_score_median", "score", "P50 of the draws", "score", 1, COMPOSITE),
    Metric("position_data_coverage", "score", "n_data / n_planned", "share", 1, COMPOSITE),
    Metric("coverage_score", "score", _SCORE, "score", 1, COMPOSITE),
    Metric("coverage_score_median", "score", "P50 of the draws", "score", 1, COMPOSITE),
    Metric("coverage_data_coverage", "score", "n_data / n_planned", "share", 1, COMPOSITE),
    Metric("quadrant", "score", "x = s_ours / max_r s_r; y = Σp", "code", 0, "BCG 1970"),
    _sum("demand", "size", "Σw", "weight", direction=0),
    _sum("potential", "size", "Σp", "weight"),
    _sum("outlet_share", "presence", "n_ours / n"),
    _sum("outlet_share_own", "presence", "n_own / n"),
    Metric("relative_share", "presence", "s_ours / max_r s_r", "ratio", 1, "BCG 1970"),
    _sum("share", "presence", "U_ours / ΣU"),
    Metric("share_shrunk", "presence", _SHRUNK, "share", 1, "Marshall 1991"),
    Metric("hhi", "concentration", "10⁴·Σs²", "points", 0, DOJ),
    Metric("n_eq", "concentration", "1 / Σs²", "operators", 0, "Adelman 1969"),
    Metric("hhi_norm", "concentration", _EVEN, "share", 0, "Doersam 2004"),
    _sum(
        "expected_share",
        "access",
        _HUFF,
        source=HUFF,
    ),
    _sum("expected_share_own", "access", "Σw·Σ_own P / Σw", source=HUFF),
    _sum(
        "expected_share_slack",
        "access",
        "Σw·d·(U − S)/(U·(U − d)) / Σw, d = (A^α − min A^α)·f(t) of the last in the list",
        direction=-1,
        source="gridmap",
    ),
    _sum("rival_pressure", "access", "1 − Σw·Σ_ours P / Σw", direction=-1, source=HUFF),
    _sum("first_arrival_share", "access", "Σw[min t_ours < min t_rival] / Σw", source="Voronoi"),
    Metric("execution_gap", "growth", "share_shrunk − expected_share", "share", 1, "gridmap"),
    Metric("execution", "growth", "sign of the interval of the gap", "code", 0, "gridmap"),
    _sum("additions_share", "growth", "G_ours / ΣG"),
    Metric("fair_share_index", "growth", "(G_ours / ΣG) / (U_ours / ΣU)", "ratio", 1, "gridmap"),
    _sum("net_adds", "growth", "G − C", "subscribers"),
    _sum("net_adds_per_1k", "growth", "10³·(G − C) / U", "per_1k"),
    _sum("churn", "growth", "C / U", direction=-1),
    _sum("port_balance", "growth", "in − out", "subscribers", source="MIIT"),
    _sum("port_balance_per_1k", "growth", "10³·(in − out) / U", "per_1k", source="MIIT"),
    _sum("base_growth", "growth", "(U − U₀) / U₀"),
    _sum("market_growth", "growth", "(ΣU − ΣU₀) / ΣU₀"),
    Metric("share_change", "growth", "s − s₀", "share", 1, STANDARD),
    _sum("penetration", "presence", "U_ours / households"),
    _sum("target_attainment", "growth", "G_ours / target"),
    Metric("hot_spot_z", "clusters", _GI, "z", 0, "Getis & Ord 1992; Ord & Getis 1995"),
    Metric("hot_spot", "clusters", "sign z where BH(p) ≤ q", "code", 0, BENJAMINI),
    Metric("local_moran", "clusters", "z_i·mean_j z_j / m₂", "ratio", 0, "Anselin 1995"),
    Metric("cluster", "clusters", "sign z_i, mean_j z_j; BH(p) ≤ q", "code", 0, BENJAMINI),
    _reach("coverage_own", "Σw[min t_own ≤ x] / Σw", 1),
    _reach("coverage_partner", "Σw[min t_partner ≤ x] / Σw", 1),
    _reach("coverage_ours", "Σw[min t_ours ≤ x] / Σw", 1),
    _reach("coverage_rival", "Σw[min t_rival ≤ x] / Σw", -1),
    _reach("blind_share", "Σw[min t_ours > x] / Σw", -1),
    _reach("duplicate_share", "Σw[#{own: t ≤ x} ≥ 2] / Σw", -1),
    _reach("duplicate_share_covered", "Σw[#{own: t ≤ x} ≥ 2] / Σw[min t_own ≤ x]", -1),
    _reach("contested", "Σw[min t_ours ≤ x ∧ min t_rival ≤ x] / Σw", 0),
    _reach("rival_only", "Σw[min t_ours > x ∧ min t_rival ≤ x] / Σw", -1),
    _time("nearest_own_p50", "P50_w(min t_own)"),
    _time("nearest_own_p90", "P90_w(min t_own)"),
    _time("nearest_own_mean", "Σw·min(min t_own, t_cap) / Σw", additive=True),
    _time("nearest_ours_p50", "P50_w(min t_ours)"),
    _time("nearest_ours_p90", "P90_w(min t_ours)"),
    _time("nearest_ours_mean", "Σw·min(min t_ours, t_cap) / Σw", additive=True),
    replace(_time("unreachable_share", "Σw[min t_ours = ∞] / Σw", additive=True), unit="share"),
    _access("2sfca", "10⁴·Σw·A / Σw, A = Σ_{t≤x} R, R = 1 / Σ_{t≤x} w", SFCA, "threshold"),
    _access("e2sfca", "10⁴·Σw·A / Σw, A = Σ f·R, R = 1 / Σ w·f", E2SFCA),
    _access("3sfca", "10⁴·Σw·A / Σw, A = Σ G·f·R, R = 1 / Σ w·G·f, G = f / Σ_k f", SFCA3),
    _access("bfca", "10⁴·Σw·A / Σw, A = Σ_j R·f / Σ_i f, R = 1 / Σ w·f / Σ_k f", BFCA),
    _equity("gini", "1 − Σ (p_i − p_{i−1})·(L_i + L_{i−1}), L of A_e2sfca", "share", GINI),
    _equity("theil_t", "Σw·(A/μ)·ln(A/μ) / Σw", "nats", THEIL),
    _equity("theil_l", "Σw·ln(μ/A) / Σw", "nats", THEIL),
    _equity("palma", "(1 − L(0.9)) / L(0.4)", "ratio", PALMA),
    _sum("outlet_density", "structure", "n_ours / km²", "per_km2", direction=0),
    _sum("outlets_per_10k", "structure", "10⁴·n_ours / Σw", "per_10k", direction=0),
    _sum("channel_mix_own", "structure", "n_own / n", direction=0),
    _sum("channel_mix_partner", "structure", "n_partner / n", direction=0),
    _sum("channel_mix_rival", "structure", "n_rival / n", direction=0),
    replace(_sum("kind_share", "structure", "n_kind / n_ours", direction=0), spread="item"),
    Metric("channel_entropy", "structure", "−Σ q·ln q, q = n_kind / n_ours", "nats", 0, SHANNON),
    _sum("managed_partner_share", "service", "n_partner[grade ∧ visits > 0] / n_partner"),
    replace(_sum("frequency_attainment", "service", "Σ min(planned, due) / Σ due"), spread="item"),
    _sum("active_outlet_rate", "service", "n_ours[sales > 0] / n_ours"),
    _sum("active_outlet_rate_reported", "service", "n_ours[sales > 0] / n_ours[sales known]"),
    _sum("sell_depth", "service", "Σ sales / n_ours[sales > 0]", "per_outlet"),
    _sum("outlet_productivity", "service", "G_ours / n_ours", "per_outlet_month"),
    _sum("plan_rate", "visits", "planned ∧ done / planned", source=CALLS),
    _sum("call_compliance", "visits", "planned ∧ done / done", source=CALLS),
    _sum("route_compliance", "visits", "in sequence / planned ∧ done", source=CALLS),
    replace(_sum("visit_attainment", "visits", "Σ min(done, due) / Σ due"), spread="item"),
    _sum("visit_regularity", "visits", "#{gaps: |gap − due| ≤ due/2} / #{gaps}", source="gridmap"),
    _sum(
        "managers_needed",
        "visits",
        "Σ due / (max_calls · days)",
        "managers",
        direction=0,
        source="Talley 1961; Kotler, Marketing Management",
    ),
    _sum("numeric_distribution", "distribution", "n[stocks] / n[stocks known]"),
    _sum("weighted_distribution", "distribution", "Σ category sales[stocks] / Σ category sales"),
)

#: All metrics by key, in the order of the scorecards.
METRICS: dict[str, Metric] = {metric.key: metric for metric in _REGISTRY}


def threshold_name(key: str, mode: str, minutes: float) -> str:
    """Return the name of a metric at a threshold, for example ``blind_share_walk_10``."""
    return f"{key}_{mode}_{minutes:g}"


def named(name: str) -> Named:
    """Return the metric that a name of the table of scores stands for.

    Raises
    ------
    KeyError
        If no metric has that name.
    """
    exact = METRICS.get(name)
    if exact is not None and exact.spread in ("plain", "item"):
        return Named(exact)
    # Kinds and grades are free text and may look like a mode: they come first.
    for metric in METRICS.values():
        if metric.spread == "item" and name.startswith(f"{metric.key}_"):
            return Named(metric, item=name.removeprefix(f"{metric.key}_"))
    for pattern, spread in ((THRESHOLD_NAME, "threshold"), (MODE_NAME, "mode")):
        found = pattern.fullmatch(name)
        if found and found["key"] in METRICS and METRICS[found["key"]].spread == spread:
            minutes = float(found["minutes"]) if spread == "threshold" else None
            return Named(METRICS[found["key"]], mode=found["mode"], minutes=minutes)
    raise KeyError(name)


def note_text(note: str, language: Language = "en") -> str:
    """Return the sentence of a note; a note that is no key of the catalogue stays as it is."""
    for group in ("note", "quadrant"):
        key = f"scoring.{group}.{note}"
        if note and key in sentences(language):
            return text(key, language)
    return note
