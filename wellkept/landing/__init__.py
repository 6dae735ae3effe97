"""How data comes in: the landing contract, the day's landing files, and loading them into raw."""
