"""The intent classifier of the pipeline: ``bot.language.intents`` trained inside Rasa."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.language.intents import WEIGHTS_FILE, IntentReader
from bot.language.linear import read_model
from bot.learning.intents import Example, train_intents


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SpokenIntentClassifier(IntentClassifier, GraphComponent):
    """Reads characters and syllables itself, so that it needs no tokenizer and no featurizer.

    The weights are stored as plain numbers (loading them runs no code), which programs without
    Rasa read out of the model's archive.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._reader: IntentReader | None = None

    @staticmethod
    def required_packages() -> list[str]:
        """Name the Python packages needed to train."""
        return ["sklearn", "scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings: strength (inverse regularisation), copies, ranking length."""
        return {"strength": 1.0, "copies": 1, "ranking_length": 10}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpokenIntentClassifier:
        """Make an untrained classifier."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SpokenIntentClassifier:
        """Load a trained classifier."""
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            classifier._reader = IntentReader(read_model((folder / WEIGHTS_FILE).read_bytes()))
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on all examples that have an intent, and store the model.

        An intent's metadata may give its examples a ``weight``.
        """
        found = [
            Example(str(example.get(INTENT)), str(example.get(TEXT)), _weight(example))
            for example in training_data.intent_examples
            if example.get(INTENT) and example.get(TEXT)
        ]
        with self._model_storage.write_to(self._resource) as folder:
            path = folder / WEIGHTS_FILE
            train_intents(
                found,
                path,
                strength=float(self._config["strength"]),
                copies=int(self._config["copies"]),
            )
            self._reader = IntentReader(read_model(path.read_bytes()))
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Classify the training examples too, for components that come after."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set ``intent`` and ``intent_ranking``; the intent is None for text not in Chinese."""
        length = int(self._config["ranking_length"])
        for message in messages:
            pairs = self._reader.ranking(message.get(TEXT) or "") if self._reader else []
            ranking = [{"name": name, "confidence": chance} for name, chance in pairs[:length]]
            best = ranking[0] if ranking else {"name": None, "confidence": 0.0}
            message.set("intent", best, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages


def _weight(example: Message) -> float:
    metadata = example.get("metadata") or {}
    return float((metadata.get("intent") or {}).get("weight", 1.0))
