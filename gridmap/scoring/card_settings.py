"""What the request of a plan does not say about scoring."""

from __future__ import annotations

from dataclasses import dataclass, field

from gridmap.policies import ScoringPolicy
from gridmap.scoring.composite import CompositeRules
from gridmap.scoring.demand_fields import ChoiceModel, DemandFields, demand_fields
from gridmap.scoring.huff import HuffModel
from gridmap.scoring.inputs import ScoringInputs


@dataclass(frozen=True)
class ScoringSettings:
    """Settings of scoring beyond the policy of the project file.

    Attributes
    ----------
    huff, beta_error
        Huff model fitted to observed shares, with the standard error of its β; None = that of
        the policy.
    nearest_cap_min
        Minutes at which a mean nearest time counts what is farther or unreachable.
    rules
        Rules of the composite scores.
    """

    huff: HuffModel | None = None
    beta_error: float | None = None
    nearest_cap_min: float = 60.0
    rules: CompositeRules = field(default_factory=CompositeRules)


#: Nothing fitted.
PLAIN = ScoringSettings()


def fields_of(
    inputs: ScoringInputs, policy: ScoringPolicy, settings: ScoringSettings = PLAIN
) -> DemandFields:
    """Return what each demand point has, whatever its cell: what a redraw leaves as it is."""
    return demand_fields(inputs, policy, choice_model(policy, settings))


def choice_model(policy: ScoringPolicy, settings: ScoringSettings) -> ChoiceModel:
    """Return how demand chooses: as fitted, else as the policy says."""
    model = settings.huff or HuffModel.of(policy)
    error = policy.beta_error if settings.beta_error is None else settings.beta_error
    return ChoiceModel(model, error, settings.nearest_cap_min)
