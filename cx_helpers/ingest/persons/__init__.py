"""What may be known of a person, for how long and for what: pseudonyms, cleaning, permissions, retention, forgetting."""
