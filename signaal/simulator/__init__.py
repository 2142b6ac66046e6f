"""The fake telephone network of the demo and the tests."""
