"""The outbox: everything Signaal says to anyone, kept until it has arrived."""
