"""An institution's side of the interface, to be used on its own: `python -m app.partner --help`.

It knows app.protocol and nothing else of this product. docs/interface.md is its manual.

`card` says who we are (partner.yaml), `sending` makes a call, `checking` looks at one that was received, `pairs` makes
keys and certificates; `play` is a whole institution: `script` says how it behaves, `door` takes A1–A15 and the payment
page, `orders`, `papers` and `house` answer them, `outbox` sends B1–B11, `press` prints and signs guarantees.
"""
