"""The only place with SQL on the till."""
