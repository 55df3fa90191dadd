"""A corpus of synthetic recordings, laid out as AMASS and HumanML3D."""
