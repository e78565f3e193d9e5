"""The economics, pure: numbers and arrays in, numbers and arrays out."""
