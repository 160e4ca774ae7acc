"""What fits a period: a proposal under capacity, exact where that can be known, with the bound and the gap where it cannot."""
