"""How it runs: which notebook under which parameters, executed so that nothing is lost, published as a site."""
