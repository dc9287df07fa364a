"""Orders: a bidder buys a bid guarantee, driven by `workflows/order`."""
