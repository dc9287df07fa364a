"""The bodies of A1–A15, B1–B11 and C1–C6: one module per family, paths in calls.py."""
