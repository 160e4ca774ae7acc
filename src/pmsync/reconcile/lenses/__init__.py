"""The lenses every connector builds its surfaces from: texts, closed vocabularies, label sets, references by id or by name."""

from pmsync.reconcile.lenses.enum import EnumLens
from pmsync.reconcile.lenses.labels import LabelsLens, label_collisions
from pmsync.reconcile.lenses.mentions import MentionsLens
from pmsync.reconcile.lenses.references import Directory, ReferencesLens
from pmsync.reconcile.lenses.text import TextLens

__all__ = ["Directory", "EnumLens", "LabelsLens", "MentionsLens", "ReferencesLens", "TextLens", "label_collisions"]
