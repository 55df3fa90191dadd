"""Worker processes: local or on Ray, supervised, with crashes attributed to rows."""
