"""How a seller prices one good to many buyers: by the hour, by quality, by priority."""
