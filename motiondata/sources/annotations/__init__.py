"""Make an index and captions of annotations of AMASS that other data sets publish."""
