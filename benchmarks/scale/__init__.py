"""Memory and driver load of large builds."""
