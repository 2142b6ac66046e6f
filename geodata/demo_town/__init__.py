"""How the invented town of Lindestad is made: its ground, its streets, its doors, its reports."""
