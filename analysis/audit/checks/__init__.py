"""What does a claim come to? One module for each kind of calculation; each check registers itself by
`verdicts.check`.
"""
