### Settings: what is wrong with a value.
