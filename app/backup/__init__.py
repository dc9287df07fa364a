"""Backups: database, files and keys of one installation, taken while it runs and restored by the same program."""
