"""Read files of SMPL poses without an index: of SMPL, SMPL-H and SMPL-X."""
