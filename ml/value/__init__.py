"""Customer value: how many orders of a customer are still to come, and what they will be worth."""
