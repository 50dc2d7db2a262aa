"""How heads vary among people: the prior that identities are drawn from, and how it is made."""
