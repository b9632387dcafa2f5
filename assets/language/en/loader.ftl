### The loader and its threads.
