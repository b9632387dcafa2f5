### What each setting is; English stands in its table.
