"""What does the terminal show? Options, exit codes, progress, and JupyterLab."""
