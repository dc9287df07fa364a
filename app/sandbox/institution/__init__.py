"""Several invented institutions in one process: they underwrite, take money, issue and give money back."""
