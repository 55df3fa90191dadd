"""Tests of what trainings read of pose pairs."""
