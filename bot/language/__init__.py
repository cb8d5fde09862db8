"""Understanding of spoken Chinese by sound as well as by character.

Pure Python 3.10+, standard library and pypinyin only, so that the dialogue
engine (Rasa) and the voice gateway read a caller's words the same way.
"""
