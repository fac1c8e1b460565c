"""The command line's commands, a module a subject: they read arguments and decide nothing."""
