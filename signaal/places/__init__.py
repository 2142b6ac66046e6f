"""Municipality, district, neighbourhood, block, dwelling; and an address in words to a dwelling."""
