### What each transform and parameter is; English stands in its table.
