"""CMU motion capture (ASF/AMC), retargeted to the SMPL joints."""
