"""Make an index and captions of annotations of AMASS that other datasets publish."""
