"""The trading platform (lots and what happens to them) and, beside it, an inbox for the texts the platform sends."""
