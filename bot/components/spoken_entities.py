"""Home, telephone, name and ticket number read by rules, as entities of a message.

Rules beat a learned extractor by far here because they also normalise: 五栋二单元幺零零幺 becomes
5, 2 and 1001. The forms read turns themselves, knowing what was asked; these entities are for
logs, training and ``/model/parse``.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.language.slots import hear

_HOME = ("building", "unit", "room")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SpokenEntityExtractor(EntityExtractorMixin, GraphComponent):
    """Adds ``building unit room place phone caller_name ticket_number`` where they are said."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpokenEntityExtractor:
        """Make the component; it has no settings."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Read each message."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = self.add_extractor_name(entities_in(text))
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages


def entities_in(text: str) -> list[dict[str, Any]]:
    """Return the entities of a text, each with value and the place of the words it came from."""
    found: list[dict[str, Any]] = []

    def keep(entity: str, value: str | None, span: str) -> None:
        start = text.find(span) if span else -1
        if value and start >= 0:
            end = start + len(span)
            found.append({"entity": entity, "value": value, "start": start, "end": end})

    heard = hear(text)
    if heard.address is not None:
        for part in _HOME:
            keep(part, getattr(heard.address, part), heard.address.span)
        keep("place", heard.address.place, heard.address.span)
    if heard.phone is not None:
        keep("phone", heard.phone.number, heard.phone.span)
    if heard.person is not None:
        keep("caller_name", heard.person.address_as(), heard.person.span)
    if heard.ticket is not None:
        keep("ticket_number", heard.ticket.number, heard.ticket.span)
    return found
