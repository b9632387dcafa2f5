### Findings of a machine, and what to do.
