"""The life of a purchase, a file a verb."""
