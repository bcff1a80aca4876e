"""What is said, and by whom? The data under `analysis/data`, read, checked, and cut off at a day."""
