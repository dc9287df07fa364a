"""Electronic bid guarantees (电子投标保函): create_app() is the only wiring."""
