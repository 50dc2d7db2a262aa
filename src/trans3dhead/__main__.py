"""`python -m trans3dhead` is the command line."""

from trans3dhead.cli import app

app(prog_name="trans3dhead")
