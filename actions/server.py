"""The action server: rasa-sdk on loopback, with our resources."""

from __future__ import annotations

import logging
import warnings

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic

from actions.emergencies import ReportEmergency
from actions.finish import Finish
from actions.flow.learn import learn
from actions.flow.leave import steps_out
from actions.flow.state import Facts, Flow
from actions.flow.taking import Taking
from actions.forms import ValidateComplaintForm, ValidateRepairForm, ValidateRequestForm
from actions.manager import ValidateManagerForm
from actions.memory import Memory
from actions.misunderstandings import Human, NotUnderstood, OutOfScope
from actions.progress import ValidateProgressForm
from actions.questions import AnswerQuestion
from actions.resources import Resources
from actions.seed import seed
from actions.session import OwnAction, SessionStart
from actions.smalltalk import Affirm, Deny, Goodbye, Greet, Repeat, TakeInformation, Thank
from actions.survey import StartSurvey, ValidateSurveyForm
from actions.talk import Talk
from actions.turn import Turn
from zhiban.settings import Settings
from zhiban.store.migrate import migrate

logger = logging.getLogger(__name__)

ACTIONS: tuple[type[OwnAction], ...] = (
    SessionStart,
    Greet,
    Thank,
    Goodbye,
    Affirm,
    Deny,
    Repeat,
    TakeInformation,
    AnswerQuestion,
    Human,
    ReportEmergency,
    OutOfScope,
    NotUnderstood,
    Finish,
    ValidateRepairForm,
    ValidateComplaintForm,
    ValidateRequestForm,
    ValidateProgressForm,
    ValidateManagerForm,
    StartSurvey,
    ValidateSurveyForm,
)
_WARM_UP = "不对是五栋二单元幺零零幺，电话一三八一二三四五六七八，我姓李，厨房漏水，明天上午"
_LOOPBACK = "127.0.0.1"


def executor_for(resources: Resources) -> ActionExecutor:
    """Return an executor that knows all our actions."""
    executor = ActionExecutor()
    for action in ACTIONS:
        executor.register_action(action(resources))
    return executor


def warm_up(resources: Resources) -> None:
    """Load the language tables now, rather than while the first caller waits."""
    taking = Taking(
        turn=Turn("", _WARM_UP, "leak", 1.0, (("leak", 1.0),), "", None),
        facts=Facts(category="leak"),
        flow=Flow("repair_form", asking="confirm"),
        memory=Memory(),
        talk=Talk(),
        resources=resources,
        last_texts=[],
        last_expects="open",
        opening=False,
    )
    learn(taking, _WARM_UP)
    steps_out(taking)


def serve(settings: Settings) -> None:
    """Run until stopped. Migrates and seeds first, so a fresh database answers at once."""
    # A 3.6 server with a newer SDK is what we test; the SDK would say otherwise on every call.
    warnings.filterwarnings("ignore", message="Your versions of rasa")
    resources = Resources.open(settings)
    app = create_app(executor_for(resources))

    async def prepare(_app: Sanic) -> None:
        await migrate(settings.database)
        seeded = await seed(resources.engine, resources.community, settings.site_dir)
        await resources.answers.refresh(force=True)
        warm_up(resources)
        logger.info(
            "actions ready: %d answers (%d renewed), %d residents added",
            len(resources.answers),
            seeded.answers,
            seeded.residents,
        )

    async def close(_app: Sanic) -> None:
        await resources.close()

    app.register_listener(prepare, "before_server_start")
    app.register_listener(close, "after_server_stop")
    app.run(
        host=_LOOPBACK,
        port=settings.actions_port,
        single_process=True,
        access_log=False,
        motd=False,
    )
