"""Steps from matured labels to a champion and its scores: dataset, train, evaluate, promote, score, explain."""
