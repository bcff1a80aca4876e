"""How are notebooks run? Plan, kernels, manifest and clusters; nothing here knows the thesis."""
