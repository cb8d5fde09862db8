"""Counts of syllables, so that a homophone from the recogniser still looks like the word meant."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.language.pinyin import Sounds, sounds_of


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class PinyinFeaturizer(CountVectorsFeaturizer):
    """Word n-grams over toneless syllables instead of characters: 漏水 and 楼睡 count alike."""

    def _get_processed_message_tokens_by_attribute(
        self, message: Message, attribute: str = TEXT
    ) -> list[str]:
        """Return one string of syllables for each word, or the parent's for other attributes."""
        if attribute != TEXT:
            tokens: list[str] = super()._get_processed_message_tokens_by_attribute(
                message, attribute
            )
            return tokens
        words = self._get_message_tokens_by_attribute(message, attribute)
        # A word without any sound (punctuation) still needs its place in the sequence.
        return [" ".join(self.syllables(sounds_of(word))) or "_" for word in words]

    @staticmethod
    def syllables(sounds: Sounds) -> tuple[str, ...]:
        """Choose which reading to count."""
        return sounds.syllables


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class FuzzyPinyinFeaturizer(PinyinFeaturizer):
    """The same with zh/z, n/l, an/ang… folded together, as accents and telephones do."""

    @staticmethod
    def syllables(sounds: Sounds) -> tuple[str, ...]:
        """Choose the folded reading."""
        return sounds.folded
