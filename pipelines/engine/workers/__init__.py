"""Supervised worker processes, local or on Ray. Crashes are attributed to rows."""
