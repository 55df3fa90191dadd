"""Quality of converted motion."""
