"""A module next to the notebooks: found by its name, as the folder is on the path."""

WHO = "beside"
