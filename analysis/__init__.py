"""One published investment thesis, recomputed: what it says, what follows, and how sure we are."""
