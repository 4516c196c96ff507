"""The sync daemon: EET, and the journal's way to the Backoffice."""
