"""What follows for this subject? Prices, markets, funding, the venture, and SoftBank's balance sheet."""
