"""The lenses every connector builds its surfaces from: texts, closed vocabularies, label sets, references by id or by name."""

from pmsync.reconcile.lenses.days import DayLens
from pmsync.reconcile.lenses.enum import EnumLens
from pmsync.reconcile.lenses.labels import LabelsLens, label_collisions
from pmsync.reconcile.lenses.mentions import MentionsLens
from pmsync.reconcile.lenses.people import PeopleLens
from pmsync.reconcile.lenses.references import Directory, ReferencesLens
from pmsync.reconcile.lenses.text import TextLens

__all__ = [
    "DayLens",
    "Directory",
    "EnumLens",
    "LabelsLens",
    "MentionsLens",
    "PeopleLens",
    "ReferencesLens",
    "TextLens",
    "label_collisions",
]
