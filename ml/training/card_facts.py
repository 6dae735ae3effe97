"""What the card of a model version is written from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ml.kinds.fitting import Fitted
from ml.kinds.recipe import BG_NBD, BLEND, LIGHTGBM, LOGISTIC, RECENCY_RULE, RFM_LOGISTIC, SIMPLE_BLEND
from ml.measures import Measures
from ml.page.document import Paragraph
from ml.psi import Stability
from ml.spec import ModelSpec
from ml.training.segments import Segment
from ml.training.verdict import CHALLENGER, INCUMBENT, Verdict
from ml.versions import Version

NAMES = {
    LIGHTGBM: "LightGBM, plain",
    LOGISTIC: "logistic, all features",
    BLEND: "blend, plain",
    RFM_LOGISTIC: "RFM logistic",
    RECENCY_RULE: "recency rule",
    BG_NBD: "BG/NBD",
    SIMPLE_BLEND: "blend of RFM and BG/NBD",
    CHALLENGER: "challenger",
    INCUMBENT: "recipe of the champion so far",
}
GRADES = {
    "A": "It beats the floor clearly and is calibrated within chance.",
    "B": "It beats the floor clearly; its calibration is off by more than chance, tolerably.",
    "C": "It beats the floor, but not by much, or is badly calibrated on some days.",
    "D": "The floor serves: nothing beat it. Its calibration is tolerable.",
    "E": "The floor serves, and its probabilities are off: use the order of customers, not the numbers.",
    "F": "Not judged: there is too little history for a test out of time. Use with care.",
}
_FURTHEST = 10


@dataclass(frozen=True)
class Facts:
    """What a card is written from. `notes` are on the training data: what it did without, who was treated."""

    spec: ModelSpec
    version: Version
    verdict: Verdict
    fitted: Fitted
    effects: Mapping[str, float]
    """Mean size of what each feature adds to the raw score."""
    segments: Sequence[Segment] = ()
    notes: Sequence[Paragraph] = ()
    drift: Mapping[str, Stability] = field(default_factory=dict)
    """Of each feature, on the newest training day against those before."""

    @property
    def measures(self) -> Measures:
        return self.version.measures

    @property
    def title(self) -> str:
        return f"{self.spec.name} {self.version.model_version}: grade {self.version.grade}"


def list_shown(verdict: Verdict) -> list[str]:
    """The recipes by name, without a plain one that is the challenger itself."""
    own = verdict.recipes.get(CHALLENGER)
    return [name for name, recipe in verdict.recipes.items() if name == CHALLENGER or recipe != own]


def list_furthest(facts: Facts) -> list[tuple[str, Stability]]:
    """The features that moved most on the newest training day, the one furthest beyond chance first."""
    return sorted(facts.drift.items(), key=lambda one: (one[1].chance_limit - one[1].psi, one[0]))[:_FURTHEST]
