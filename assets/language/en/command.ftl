### The command line.

command-folder-and-command = a dataset's folder opens the window; it cannot be given together with a command
