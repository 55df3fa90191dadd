"""How fast the viewer opens."""
