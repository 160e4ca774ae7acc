"""HTTP with manners: retry decision, limiter and pacing, conditional reads, the read-only fence, redaction, clocks."""
