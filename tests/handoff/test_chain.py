from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from handoff.cases import UNANSWERED, WAITING, Case, queue_place
from handoff.chain import decide
from handoff.decisions import Look, Move, NewRound, Offer, Release, Remind, Rest
from handoff.presence import Presence, Status
from handoff.queue import Agents
from zhiban.clock import iso_ms, utc_now
from zhiban.community import Crew, EscalationStage, Skills
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState, is_legal

NOW = utc_now().replace(microsecond=0)
CHAIN = (
    EscalationStage("agent", 20, "值班坐席"),
    EscalationStage("backup", 20, "备岗坐席"),
    EscalationStage("leader", 20, "值班班长"),
    EscalationStage("phone", 25, "值班手机"),
    EscalationStage("manager", 30, "物业经理"),
)


def ago(seconds: float) -> str:
    return iso_ms(NOW - timedelta(seconds=seconds))


def record(
    state: HandoffState, *, since: float = 0, priority: int = 0, **fields: object
) -> HandoffRecord:
    values: dict[str, object] = {
        "id": "ho-1",
        "call_id": "c1",
        "ticket_number": "JJ1",
        "kind": "fire",
        "level": 3,
        "reason": HandoffReason.RING.value,
        "node": "",
        "created_at": ago(since + 1),
        "updated_at": ago(since),
    }
    return HandoffRecord(state=state, priority=priority, **(values | fields))  # type: ignore[arg-type]


def presence(name: str, role: str = "agent", *, idle: float = 0, **fields: object) -> Presence:
    values: dict[str, object] = {"status": Status.READY, "seen_at": ago(1), "gone_at": ""}
    return Presence(name, name, role, idle_since=ago(idle), **(values | fields))  # type: ignore[arg-type]


def ask(
    case: Case, *people: Presence, others: tuple[Case, ...] = (), crew: Crew | None = None
) -> object:
    agents = Agents.of({p.agent_id: p for p in people}, (case, *others), NOW, crew)
    return decide(case, agents, CHAIN, NOW, join_seconds=8, pause_seconds=5)


def test_longest_idle_first() -> None:
    answer = ask(
        Case(record(HandoffState.REQUESTED)), presence("a", idle=5), presence("b", idle=60)
    )
    assert isinstance(answer, Offer)
    assert (answer.agent.agent_id, answer.stage, answer.steps) == ("b", 0, ())


def test_agents_not_at_their_desk_are_passed_over() -> None:
    answer = ask(
        Case(record(HandoffState.REQUESTED)),
        presence("away", status=Status.AWAY),
        presence("reloading", gone_at=ago(1)),
        presence("silent", seen_at=ago(60)),
        presence("here"),
    )
    assert isinstance(answer, Offer)
    assert answer.agent.agent_id == "here"


def test_a_stage_also_rings_earlier_roles_that_have_come_meanwhile() -> None:
    case = Case(
        record(HandoffState.TIMED_OUT, stage=2, reason=HandoffReason.NO_ANSWER.value), tried=("x",)
    )
    answer = ask(case, presence("new"))
    assert isinstance(answer, Offer)
    assert (answer.agent.agent_id, answer.stage) == ("new", 2)


def test_steps_name_why_each_stage_was_left() -> None:
    case = Case(
        record(HandoffState.DECLINED, reason=HandoffReason.AGENT_DECLINED.value), tried=("a",)
    )
    answer = ask(case, presence("a"), presence("m", "manager"))
    assert isinstance(answer, Offer)
    assert [(s.role, s.reason.value) for s in answer.steps] == [
        ("backup", "agent_declined"),
        ("leader", "no_agent"),
        ("phone", "no_agent"),
        ("manager", "phone_unavailable"),
    ]


def test_nobody_rests_and_then_begins_again() -> None:
    answer = ask(Case(record(HandoffState.REQUESTED)))
    assert isinstance(answer, Rest)
    assert answer.round == 1
    resting = Case(record(HandoffState.REQUESTED), rest_until=iso_ms(NOW + timedelta(seconds=5)))
    assert ask(resting) == Look(NOW + timedelta(seconds=5))
    assert ask(Case(record(HandoffState.REQUESTED), rest_until=ago(0))) == NewRound()


def test_rest_ends_for_somebody_who_was_not_tried() -> None:
    resting = Case(
        record(HandoffState.TIMED_OUT),
        tried=("a",),
        rest_until=iso_ms(NOW + timedelta(seconds=5)),
    )
    assert isinstance(ask(resting, presence("a")), Look)
    assert isinstance(ask(resting, presence("a"), presence("b")), Offer)


def test_ring_ends_by_time_or_by_the_agents_going() -> None:
    ringing = record(HandoffState.OFFERED, since=5, offered_to="a")
    assert ask(Case(ringing), presence("a", seen_at=ago(0))) == Look(NOW + timedelta(seconds=12))
    assert ask(Case(ringing), presence("a", gone_at=ago(6))) == Move(
        HandoffState.AGENT_LOST, HandoffReason.AGENT_GONE
    )
    late = record(HandoffState.OFFERED, since=20, offered_to="a")
    assert ask(Case(late), presence("a")) == Move(HandoffState.TIMED_OUT, HandoffReason.NO_ANSWER)


def test_lost_agent_gets_their_call_back_first() -> None:
    case = Case(record(HandoffState.AGENT_LOST, agent_id="a"))
    answer = ask(case, presence("a", idle=1), presence("b", idle=99))
    assert isinstance(answer, Offer)
    assert answer.agent.agent_id == "a"


def test_a_caller_passed_on_rings_the_wanted_person_then_the_chain() -> None:
    waiting = record(HandoffState.TIMED_OUT, reason=HandoffReason.NO_ANSWER.value)
    boss = presence("m", "manager")
    answer = ask(Case(waiting, wanted_agent="m"), presence("a", idle=99), boss)
    assert isinstance(answer, Offer)
    assert (answer.agent.agent_id, answer.stage) == ("m", 0)
    tried = ask(Case(waiting, wanted_agent="m", tried=("m",)), presence("a"), boss)
    assert isinstance(tried, Offer)
    assert tried.agent.agent_id == "a"
    by_role = ask(Case(waiting, wanted_role="manager"), presence("a", idle=99), boss)
    assert isinstance(by_role, Offer)
    assert by_role.agent.agent_id == "m"
    gone = ask(Case(waiting, wanted_role="manager"), presence("a"))
    assert isinstance(gone, Offer)
    assert gone.agent.agent_id == "a"


def test_a_caller_passed_on_to_a_role_is_waiting_until_somebody_is_rung() -> None:
    passed_on = record(HandoffState.OFFERED, reason=HandoffReason.TRANSFERRED.value)
    answer = ask(Case(passed_on, wanted_role="leader"), presence("a"))
    assert answer == Move(HandoffState.BUSY, HandoffReason.TRANSFERRED)


def test_an_emergency_takes_an_agent_from_a_ringing_request_but_never_from_a_talk() -> None:
    case = Case(record(HandoffState.REQUESTED))
    request = Case(record(HandoffState.OFFERED, priority=1, id="ho-2", offered_to="a"))
    answer = ask(case, presence("a"), others=(request,))
    assert isinstance(answer, Offer)
    assert answer.preempts == "ho-2"
    talk = Case(record(HandoffState.BRIDGED, priority=1, id="ho-2", agent_id="a"))
    assert isinstance(ask(case, presence("a"), others=(talk,)), Rest)


def test_an_agent_writing_notes_is_rung_last_and_for_emergencies_only() -> None:
    case = Case(record(HandoffState.REQUESTED))
    notes = Case(record(HandoffState.BRIDGED, id="ho-2", agent_id="a"), call_ended=ago(3))
    both = ask(case, presence("a", idle=99), presence("b"), others=(notes,))
    alone = ask(case, presence("a", idle=99), others=(notes,))
    assert isinstance(both, Offer)
    assert isinstance(alone, Offer)
    assert (both.agent.agent_id, alone.agent.agent_id) == ("b", "a")
    request = Case(record(HandoffState.REQUESTED, priority=1))
    assert isinstance(ask(request, presence("a"), others=(notes,)), Rest)
    long_ago = replace(notes, call_ended=ago(600))
    assert isinstance(ask(request, presence("a"), others=(long_ago,)), Offer)


def test_a_request_waits_one_round_for_somebody_with_the_skills() -> None:
    crew = Crew(people={"a": Skills(kinds=("parking",)), "b": Skills(languages=("zh",))})
    request = record(HandoffState.REQUESTED, priority=1, kind="human", card={"language": "yue"})
    nobody = ask(Case(request), presence("a"), presence("b"), crew=crew)
    assert isinstance(nobody, Rest)
    skilled = ask(Case(request), presence("a", idle=99), presence("c"), crew=crew)
    assert isinstance(skilled, Offer)
    assert skilled.agent.agent_id == "c"
    again = ask(Case(replace(request, round=1)), presence("a"), crew=crew)
    assert isinstance(again, Offer)


def test_an_emergency_prefers_skill_but_never_waits_for_it() -> None:
    crew = Crew(people={"a": Skills(kinds=("human",))})
    case = Case(record(HandoffState.REQUESTED))
    both = ask(case, presence("a", idle=99), presence("b"), crew=crew)
    alone = ask(case, presence("a"), crew=crew)
    assert isinstance(both, Offer)
    assert isinstance(alone, Offer)
    assert (both.agent.agent_id, alone.agent.agent_id) == ("b", "a")


def test_an_agent_takes_as_many_calls_as_their_capacity() -> None:
    crew = Crew(people={"a": Skills(capacity=2)})
    talk = Case(record(HandoffState.BRIDGED, id="ho-2", agent_id="a"))
    second = Case(record(HandoffState.BRIDGED, id="ho-3", agent_id="a"))
    case = Case(record(HandoffState.REQUESTED))
    assert isinstance(ask(case, presence("a"), others=(talk,), crew=crew), Offer)
    assert isinstance(ask(case, presence("a"), others=(talk, second), crew=crew), Rest)


def test_time_for_notes_is_each_agents_own() -> None:
    crew = Crew(people={"a": Skills(wrap_up_seconds=300)})
    notes = Case(record(HandoffState.BRIDGED, id="ho-2", agent_id="a"), call_ended=ago(60))
    request = Case(record(HandoffState.REQUESTED, priority=1))
    assert isinstance(ask(request, presence("a"), others=(notes,)), Offer)
    assert isinstance(ask(request, presence("a"), others=(notes,), crew=crew), Rest)


def test_do_not_disturb_is_not_rung_even_in_danger() -> None:
    case = Case(record(HandoffState.REQUESTED))
    assert isinstance(ask(case, presence("a", status=Status.DND)), Rest)


def test_an_emergency_goes_up_a_stage_for_every_two_minutes_nobody_confirms() -> None:
    waiting = record(
        HandoffState.TIMED_OUT, since=1, created_at=ago(250), reason=HandoffReason.NO_ANSWER.value
    )
    case = Case(waiting, tried=("a",))
    answer = ask(case, presence("b"), presence("boss", "leader", idle=9))
    assert isinstance(answer, Offer)
    assert (answer.agent.agent_id, answer.stage) == ("boss", 2)
    assert [(s.role, s.reason) for s in answer.steps] == [("leader", HandoffReason.UNACKNOWLEDGED)]
    lost_again = replace(case, sought_since=ago(10))
    answer = ask(lost_again, presence("b"), presence("boss", "leader", idle=9))
    assert isinstance(answer, Offer)
    assert (answer.agent.agent_id, answer.stage) == ("b", 0)
    request = Case(replace(waiting, priority=1), tried=("a",))
    answer = ask(request, presence("b"), presence("boss", "leader", idle=9))
    assert isinstance(answer, Offer)
    assert answer.agent.agent_id == "b"


def test_a_due_call_back_is_somebodys_or_the_next_is_asked() -> None:
    due = record(HandoffState.CALLBACK_DUE, since=60)
    assert ask(Case(due)) == Look(NOW + timedelta(seconds=60))
    late = ask(Case(replace(due, updated_at=ago(120))))
    assert isinstance(late, Remind)
    assert (late.step.role, late.step.reason) == ("backup", HandoffReason.UNACKNOWLEDGED)
    taken = Case(replace(due, agent_id="a"), claimed_at=ago(60))
    assert isinstance(ask(taken, presence("a", seen_at=ago(0))), Look)
    assert ask(taken, presence("a", gone_at=ago(40))) == Release()


def test_a_talk_that_nobody_finished_becomes_a_call_back() -> None:
    over = Case(record(HandoffState.BRIDGED, agent_id="a"), call_ended=ago(90))
    assert isinstance(ask(over, presence("a", seen_at=ago(0))), Look)
    assert ask(over, presence("a", gone_at=ago(40))) == Move(
        HandoffState.CALLER_LEFT, HandoffReason.AGENT_GONE
    )


def test_those_in_danger_come_first_then_requests_then_call_backs() -> None:
    cases = [
        Case(record(HandoffState.CALLBACK_DUE, since=90, priority=1, id="call-back")),
        Case(record(HandoffState.REQUESTED, since=80, priority=1, id="request")),
        Case(record(HandoffState.CALLBACK_DUE, since=70, id="danger, gone")),
        Case(record(HandoffState.REQUESTED, since=10, id="danger")),
        Case(record(HandoffState.REQUESTED, since=60, id="danger, waits longer")),
    ]
    assert [case.record.id for case in sorted(cases, key=queue_place)] == [
        "danger, waits longer",
        "danger",
        "danger, gone",
        "request",
        "call-back",
    ]


people = st.lists(
    st.builds(
        presence,
        st.sampled_from("abcd"),
        st.sampled_from(["agent", "backup", "leader", "manager", "admin"]),
        idle=st.integers(0, 100),
        status=st.sampled_from(Status),
        seen_at=st.integers(0, 30).map(ago),
        gone_at=st.one_of(st.just(""), st.integers(0, 9).map(ago)),
    ),
    unique_by=lambda person: person.agent_id,
)
cases = st.builds(
    Case,
    st.builds(
        record,
        st.sampled_from(sorted(UNANSWERED | {HandoffState.ACCEPTED, HandoffState.BRIEFING})),
        since=st.integers(0, 60),
        priority=st.integers(0, 2),
        offered_to=st.sampled_from(["", *"abcd"]),
        agent_id=st.sampled_from(["", *"abcd"]),
        stage=st.integers(0, 7),
        round=st.integers(0, 40),
    ),
    tried=st.lists(st.sampled_from("abcd"), unique=True).map(tuple),
    rest_until=st.one_of(st.just(""), st.integers(-60, 60).map(ago)),
    wanted_agent=st.sampled_from(["", *"abcd"]),
    wanted_role=st.sampled_from(["", "leader", "manager"]),
    call_ended=st.one_of(st.just(""), st.integers(0, 9).map(ago)),
)


@given(case=cases, present=people, others=st.lists(cases, max_size=3))
def test_a_waiting_caller_always_has_something_scheduled(
    case: Case, present: list[Presence], others: list[Case]
) -> None:
    answer = ask(case, *present, others=tuple(others))
    match answer:
        case Look(at=at):
            assert at is not None
            assert NOW < at <= NOW + timedelta(seconds=61)
        case Rest(until=until):
            assert ago(-4.9) < until <= ago(-61)
        case Move(state=state):
            assert is_legal(case.record.state, state)
        case Offer(agent=agent):
            assert case.record.state in WAITING
            assert agent.can_ring(NOW)
            assert agent.agent_id not in case.tried
        case NewRound():
            assert case.record.state in WAITING
        case other:
            raise AssertionError(other)
