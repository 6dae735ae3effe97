"""What is expected of landed rows: one module an entity, named after it."""
