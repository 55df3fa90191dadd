"""The id of the bundled body, for what only names it: computing it takes the body's file."""

BUNDLED_ID = "edfb5dc82a568d958db876d8738eb87e"
"""`bundled_body().id`, compared by a test."""
