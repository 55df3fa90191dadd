"""Fits of joint positions: ours compared with L-BFGS on posed joints, as SMPLify does it."""
