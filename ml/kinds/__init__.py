"""Kinds of model and how each is fitted, asked and split among its features; a recipe says how one is made."""
