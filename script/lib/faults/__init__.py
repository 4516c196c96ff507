"""The fault proof: sales by real processes through an EET that misbehaves, and a daemon killed again and again."""
