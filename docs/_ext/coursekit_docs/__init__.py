"""What the documentation makes from the repository: pages of the course and of the commands."""
