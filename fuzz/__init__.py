"""Mutated files for every reader of this package: `python -m fuzz` in the folder of the repository.

`targets/` has a module for each kind of file, `worker.py` the process that reads mutated ones, `campaign.py` what
watches it, `mutations.py` how a file is changed, `corpus/` inputs that were once at fault.
"""
