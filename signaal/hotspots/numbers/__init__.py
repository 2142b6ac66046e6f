"""Arrays in, arrays out: no maps, no database, no clock."""
