"""Documents of ours, such as a model's card: what they hold, and the templates that write them as a page or as Markdown."""
