"""Runs one pipeline for one leg and always takes it down."""

from __future__ import annotations

import asyncio

from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.workers.runner import WorkerRunner


class PipelineRun:
    """A pipeline with a runner of its own.

    A runner shared by calls keeps tasks of finished ones, so every leg has its own.

    Args:
        pipeline: the stages.
        sample_rate: Hz in both directions.
    """

    def __init__(self, pipeline: Pipeline, sample_rate: int) -> None:
        self._worker = PipelineWorker(
            pipeline,
            params=PipelineParams(
                audio_in_sample_rate=sample_rate, audio_out_sample_rate=sample_rate
            ),
            idle_timeout_secs=None,
            enable_rtvi=False,
            enable_turn_tracking=False,
            check_dangling_tasks=False,
        )
        self._runner = WorkerRunner(handle_sigint=False, check_dangling_tasks=False)
        self._task: asyncio.Task[None] | None = None
        self._started = asyncio.Event()

    async def start(self) -> None:
        """Start and return when every stage is ready."""

        @self._worker.event_handler("on_pipeline_started")
        async def on_started(_worker: object, _frame: object) -> None:
            self._started.set()

        await self._runner.add_workers(self._worker)
        self._task = asyncio.create_task(self._runner.run())
        started = asyncio.create_task(self._started.wait())
        await asyncio.wait({started, self._task}, return_when=asyncio.FIRST_COMPLETED)
        started.cancel()

    async def stop(self) -> None:
        """Take the pipeline down and wait for it."""
        await self._worker.cancel()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
