"""What does a cell of the article's tables come to? One module for each kind of column."""
