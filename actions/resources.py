"""What every action needs, opened once for the process."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from actions.answers import AnswerStore
from actions.matters import Parser
from bot.language.roster import Roster
from zhiban.community import Community, load_community
from zhiban.community.roster import roster_of
from zhiban.redis_client import RedisClient, open_redis
from zhiban.settings import Settings
from zhiban.store.engine import open_engine
from zhiban.tickets import TicketService
from zhiban.timeline import Timeline


@dataclass(frozen=True)
class Resources:
    """Stores and facts, shared by all actions.

    Attributes:
        settings: where things are.
        community: the site's facts.
        roster: the same as the language readers want them.
        engine: the database.
        redis: the timeline's store.
        timeline: events.
        tickets: the ticket store.
        answers: the standard answers.
        parser: the dialogue engine's understanding, for parts of a turn.
    """

    settings: Settings
    community: Community
    roster: Roster
    engine: AsyncEngine
    redis: RedisClient
    timeline: Timeline
    tickets: TicketService
    answers: AnswerStore
    parser: Parser

    @classmethod
    def open(cls, settings: Settings) -> Resources:
        """Open database and Redis lazily; nothing is connected before the first use.

        Raises:
            ZhibanError: the site's data is missing or wrong.
        """
        community = load_community(settings.site_dir)
        engine = open_engine(settings.database)
        redis = open_redis(settings.redis)
        timeline = Timeline(redis, settings.data_dir / "spool" / "actions-timeline.jsonl")
        return cls(
            settings=settings,
            community=community,
            roster=roster_of(community),
            engine=engine,
            redis=redis,
            timeline=timeline,
            tickets=TicketService(engine, timeline),
            answers=AnswerStore(engine),
            parser=Parser(settings.rasa),
        )

    async def close(self) -> None:
        """Close connections."""
        await self.parser.close()
        await self.redis.aclose()
        await self.engine.dispose()
