"""What several topics read and is no topic itself."""
