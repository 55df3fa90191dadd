"""Tools that developers run by hand; nothing here is installed or imported by the package."""
