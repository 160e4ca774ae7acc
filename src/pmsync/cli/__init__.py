"""The command line: data on stdout, progress on stderr, ``--json`` everywhere, exit codes a script can rely on.

0 done; 1 something failed or waits, and the next run may do it; 2 wrong usage or config; 3 stopped by a rail, a person is needed;
4 ``plan --exit-code`` found changes. Heavy modules are imported inside the commands, so that ``--help`` answers at once.
"""
