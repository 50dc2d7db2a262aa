"""What is worn on the head, on the convex hull of this person's skull."""
