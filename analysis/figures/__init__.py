"""What does a reader see? Charts, a module for each subject; `charts` says which model is drawn where."""
