"""Which texts are about the same thing: an index of words in plain Python, and what tells near-copies from duplicates."""

from pmsync.product.similarity.index import Index, Neighbour
from pmsync.product.similarity.siblings import are_siblings
from pmsync.product.similarity.spoken import fingerprint, is_automatic, spoken, subject
from pmsync.product.similarity.words import terms_of

__all__ = ["Index", "Neighbour", "are_siblings", "fingerprint", "is_automatic", "spoken", "subject", "terms_of"]
