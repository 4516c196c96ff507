"""Use cases of the till: one verb, one function, one transaction."""
