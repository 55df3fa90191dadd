"""Export of posed bodies to files of other programs."""
