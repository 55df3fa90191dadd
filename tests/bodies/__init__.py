"""Tests of bodies, their files and their posing."""
