"""Tests of the language model of motion."""
