"""What does a notebook call? Exhibits to display, words tied to values, and what a reader can move."""
