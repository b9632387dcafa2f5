### The command line.

command-folder-and-command = a dataset's folder opens the window; it cannot be given together with a command

## Help

command-heading-usage = Usage:
command-heading-commands = Commands
command-heading-arguments = Arguments
command-heading-options = Options
command-print-help = Print help
command-print-help-of-command = Print this message or the help of a command
command-print-version = Print version
command-option-with-default = { $text } [default: { $default }]
command-option-with-values = { $text } [possible values: { $values }]
command-value = - { $name }: { $meaning }

## What is wrong with a command line

command-line-refused = error: { $said }
command-line-refused-with-usage =
    error: { $said }

    Usage: { $usage }

    For more information, try '--help'.
command-unknown-argument = unexpected argument { $argument }{ $near }
command-unknown = there is no command { $name }{ $near }
command-value-missing = a value is required for { $argument }
command-value-unknown = invalid value { $value } for { $argument }{ $near }; possible values: { $known }
command-value-refused = invalid value { $value } for { $argument }: { $reason }
command-argument-missing = required: { $arguments }
command-arguments-conflict = { $argument } cannot be used with { $other }
command-value-count = wrong number of values for { $argument }
