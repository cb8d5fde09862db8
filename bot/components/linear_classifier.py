"""A linear intent classifier whose strength is configurable and which can say nothing."""

from __future__ import annotations

import json
import logging
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression

logger = logging.getLogger(__name__)

_WEIGHTS = "weights.npz"
_LABELS = "labels.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearClassifier(IntentClassifier, GraphComponent):
    """Logistic regression over the sparse sentence features.

    Differs from Rasa's own in three ways: ``C`` and ``solver`` are settings; text without
    Chinese characters or digits gets no intent at all (the fallback then speaks); and the model
    is stored as plain arrays, so that loading it runs no code.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._labels: list[str] = []
        self._weights = np.zeros((0, 0), dtype=np.float32)
        self._bias = np.zeros(0, dtype=np.float32)

    @classmethod
    def required_components(cls) -> list[type]:
        """Name what must come before: something that makes features."""
        return [Featurizer]

    @staticmethod
    def required_packages() -> list[str]:
        """Name the Python packages needed."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings: C (inverse regularisation), solver, iterations, ranking length."""
        return {"C": 1.0, "solver": "liblinear", "max_iter": 200, "ranking_length": 10}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearClassifier:
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
    ) -> LinearClassifier:
        """Load a trained classifier."""
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            classifier._labels = json.loads((folder / _LABELS).read_text(encoding="utf-8"))
            with np.load(folder / _WEIGHTS, allow_pickle=False) as arrays:
                classifier._weights = arrays["weights"]
                classifier._bias = arrays["bias"]
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on all examples that have an intent, and store the model."""
        examples = [e for e in training_data.intent_examples if e.get(INTENT) and e.get(TEXT)]
        found = [(row, e.get(INTENT)) for e in examples if (row := _features(e)) is not None]
        model = LogisticRegression(
            C=float(self._config["C"]),
            solver=self._config["solver"],
            max_iter=int(self._config["max_iter"]),
            class_weight="balanced",
            random_state=42,
        )
        model.fit(vstack([row for row, _ in found]), [intent for _, intent in found])
        self._labels = [str(label) for label in model.classes_]
        self._weights = model.coef_.astype(np.float32)
        self._bias = model.intercept_.astype(np.float32)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _LABELS).write_text(
                json.dumps(self._labels, ensure_ascii=False), encoding="utf-8"
            )
            np.savez_compressed(folder / _WEIGHTS, weights=self._weights, bias=self._bias)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Classify the training examples too, for components that come after."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set ``intent`` and ``intent_ranking``; the intent is None for text not in Chinese."""
        for message in messages:
            row = _features(message) if _is_readable(message.get(TEXT) or "") else None
            ranking = self._rank(row) if row is not None and self._labels else []
            best = ranking[0] if ranking else {"name": None, "confidence": 0.0}
            message.set("intent", best, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _rank(self, row: csr_matrix) -> list[dict[str, Any]]:
        if row.nnz == 0:
            return []
        # The scores are those of one-against-all; a softmax makes them comparable.
        scores = self._weights[:, row.indices] @ row.data.astype(np.float32) + self._bias
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        order = np.argsort(-chances)[: int(self._config["ranking_length"])]
        return [{"name": self._labels[i], "confidence": float(chances[i])} for i in order]


def _features(message: Message) -> csr_matrix | None:
    sentence = message.get_sparse_features(attribute=TEXT)[1]
    return csr_matrix(sentence.features) if sentence is not None else None


def _is_readable(text: str) -> bool:
    """Whether a caller could have said it: Chinese characters or digits."""
    return any("\u4e00" <= c <= "\u9fff" or c.isdigit() for c in text)
