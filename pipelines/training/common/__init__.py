"""Code that all trainings share: loop, optimizer, checkpoints, logs, text models."""
