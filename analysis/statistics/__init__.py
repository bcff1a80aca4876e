"""How are trends fitted, forecasts tested and uncertainties shared out? Methods that know no subject."""
