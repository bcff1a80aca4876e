"""Do the files of the project fit together? `thesis check`."""
