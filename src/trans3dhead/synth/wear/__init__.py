"""What people wear: hair and clothes of an assets folder, and things that the generator makes."""
