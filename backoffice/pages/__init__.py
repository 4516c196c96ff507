"""The pages an owner sees, rendered on the server; one module per page."""
