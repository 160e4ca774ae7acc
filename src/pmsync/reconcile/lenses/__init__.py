"""The lenses every connector builds its surfaces from: plain text, closed vocabularies, and label sets."""

from pmsync.reconcile.lenses.enum import EnumLens
from pmsync.reconcile.lenses.labels import LabelsLens, label_collisions
from pmsync.reconcile.lenses.text import TextLens

__all__ = ["EnumLens", "LabelsLens", "TextLens", "label_collisions"]
