"""CMU motion capture (ASF/AMC), retargeted to the joints of SMPL."""
