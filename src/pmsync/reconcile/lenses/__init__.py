"""The lenses every connector builds its surfaces from: plain text, closed vocabularies, label sets, and references to other records."""

from pmsync.reconcile.lenses.enum import EnumLens
from pmsync.reconcile.lenses.labels import LabelsLens, label_collisions
from pmsync.reconcile.lenses.references import Directory, ReferencesLens
from pmsync.reconcile.lenses.text import TextLens

__all__ = ["Directory", "EnumLens", "LabelsLens", "ReferencesLens", "TextLens", "label_collisions"]
