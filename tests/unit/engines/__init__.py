"""What a runtime answers, and what is made of it."""
