"""The commands, by what they are for: each translates its options into one call of `pipelines`."""
