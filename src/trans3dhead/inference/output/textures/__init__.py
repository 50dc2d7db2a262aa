"""Pictures for the surfaces of an exported head, painted by code or taken from the photograph."""
