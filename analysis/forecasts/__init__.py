"""How likely are the predictions, by which methods, and how good were such methods on past questions?"""
