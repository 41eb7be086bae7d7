"""A brand folder proposed from exports: what each file, column and value probably is, written as YAML and SQL."""
