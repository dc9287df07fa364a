"""The interface with institutions and the trading platform (domain.md §6); knows nothing of the application.

`signing` signs and verifies, `messages` are the bodies, `calls` lists A1–A15, B1–B11 and C1–C6,
`client` makes a call, `documents` judges a guarantee's PDF.
"""
