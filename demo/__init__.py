"""The whole shop on one machine: started for a person to try, or played for a day by an outside player.

The player sees what a person sees: the till's screen, the paper, the Backoffice's pages and the EET ledger.
"""
