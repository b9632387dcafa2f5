### Help of commands and options; English stands in the code.
