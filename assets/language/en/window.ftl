### The window around its pages.
