"""The command line: what is typed, one module for each subject."""
