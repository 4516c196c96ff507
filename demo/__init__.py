"""The whole shop on one machine, started and judged from outside: script/demo."""
