"""What ships: head models and networks, each with a model card."""
