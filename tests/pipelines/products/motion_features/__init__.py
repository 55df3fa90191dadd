"""Tests of the products of motion features."""
