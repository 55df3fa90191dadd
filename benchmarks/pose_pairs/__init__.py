"""How fast poses are picked, of archives of the size of AMASS."""
