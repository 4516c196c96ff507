"""The JSON API: for tills with a token, for the owner's tools with a session."""
