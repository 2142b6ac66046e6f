"""Signaal senses, decides and responds: neighbourhood signals, heard and answered."""
