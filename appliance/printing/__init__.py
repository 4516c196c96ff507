"""The print process: from documents to paper."""
