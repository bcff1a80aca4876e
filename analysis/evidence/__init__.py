"""What does the article say, and what did others measure? The data, read, checked and cut off at a day."""
