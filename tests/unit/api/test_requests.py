"""Reading requests: whatever stands in an annotation becomes a request, if need be one with a problem."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.api.requests import NEEDS_UID, TOKEN_MAX_LENGTH, Request, build_request, read_requests
from sluice.api.statuses import RequestVerb


def read(verb: RequestVerb, text: str) -> Request:
    (found,) = read_requests({f"requests.sluice.dev/{verb}": text, "requests.sluice.dev/unknown": "t1"})
    return found


@pytest.mark.parametrize("verb", RequestVerb)
def test_a_bare_token_is_enough_where_nothing_is_destroyed(verb: RequestVerb) -> None:
    request = read(verb, " t1\n")

    assert (request.verb, request.token, request.uid) == (verb, "t1", None)
    assert (request.problem is not None) is (verb in NEEDS_UID)
    assert request.problem is None or '{"token": "t1", "uid": "..."}' in request.problem


def test_an_object_has_a_token_a_uid_and_the_arguments_of_its_verb() -> None:
    fields = {"token": "t1", "uid": "u1", "desiredStatus": "Stopped", "force": True}
    request = read(RequestVerb.OVERRIDE, json.dumps(fields))

    assert (request.token, request.uid, request.problem) == ("t1", "u1", None)
    assert request.arguments == {"desiredStatus": "Stopped", "force": True}


@pytest.mark.parametrize("verb", sorted(NEEDS_UID))
def test_what_destroys_something_needs_the_uid(verb: RequestVerb) -> None:
    assert "uid" in (read(verb, '{"token": "t1"}').problem or "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ('{"token": ""}', "empty"),
        ("{token: t1}", "not JSON"),
        ("{}", "no token"),
        ('{"token": 7}', "no token"),
        ("x" * (TOKEN_MAX_LENGTH + 1), "64 characters"),
        (json.dumps({"token": "x" * (TOKEN_MAX_LENGTH + 1)}), "64 characters"),
    ],
    ids=lambda value: value[:20],
)
def test_a_request_that_cannot_be_understood_says_why(text: str, problem: str) -> None:
    request = read(RequestVerb.CHECKPOINT, text)

    assert problem in (request.problem or "")
    assert len(request.token) <= TOKEN_MAX_LENGTH


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(RequestVerb), st.text(max_size=100) | st.text('{}[]":,tokenuid01 ', max_size=40))
def test_reading_never_fails_and_a_token_is_always_bounded(verb: RequestVerb, text: str) -> None:
    request = read(verb, text)

    assert len(request.token) <= TOKEN_MAX_LENGTH
    assert request.problem is None or request.problem[0].isalpha()


def test_every_annotation_of_ours_is_one_request_and_others_are_none() -> None:
    annotations = {f"requests.sluice.dev/{verb}": f"token of {verb}" for verb in RequestVerb}
    found = read_requests({**annotations, "sluice.dev/paused": "true", "example.com/checkpoint": "t1"})

    assert [(each.verb, each.token) for each in found] == [(verb, f"token of {verb}") for verb in RequestVerb]


@pytest.mark.parametrize("verb", RequestVerb)
def test_a_request_that_is_built_is_read_as_what_it_was_built_from(verb: RequestVerb) -> None:
    name, text = build_request(verb, "t1", "u1", {"force": True, "uid": "another"})

    assert read_requests({name: text}) == (Request(verb, "t1", "u1", {"force": True}),)
