"""Learning from the utterances in nlu_data: runs in Rasa's environment, never during a call."""
