"""Guarantees: what an institution issued, in force, downloadable, verifiable."""
