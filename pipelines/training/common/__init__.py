"""What every training shares: loop, optimizer, checkpoints, logs, text models."""
