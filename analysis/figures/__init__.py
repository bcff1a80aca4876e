"""What does a reader see? The chart of `models.x`, `statistics.x` or `forecasts.x` is in `figures.x`."""
