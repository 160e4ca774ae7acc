"""Which texts are about the same thing: an index of words in plain Python, and what tells near-copies from duplicates."""

from pmsync.product.similarity.index import Index, Neighbour
from pmsync.product.similarity.siblings import are_siblings
from pmsync.product.similarity.words import terms_of

__all__ = ["Index", "Neighbour", "are_siblings", "terms_of"]
