"""CMU motion capture (ASF/AMC) and its retargeting to SMPL's joints."""
