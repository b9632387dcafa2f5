### What a client says of its engine and its runs.
