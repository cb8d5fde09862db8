"""What the bot does: rasa-sdk actions over tickets, standard answers and residents."""
