"""The EET protocol: messages, signatures, answers, transport and a sandbox. No database, no clock of its own."""
