"""The shop's rules, pure: no I/O, no clock, no random; time and ids arrive as arguments."""
