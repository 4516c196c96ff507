"""The price list of an account: how edits are merged, written, and sent to tills (sync.md, section 5)."""
